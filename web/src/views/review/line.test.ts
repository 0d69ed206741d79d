import { expect, it } from "vitest";

import { Entry } from "./kpis";
import { fillersIn, msAt, piecesOf, tokenTimes } from "./line";
import { only, recordOf } from "./fixture";

const words = [
  { text: "yes", start_ms: 3000, end_ms: 3100 },
  { text: "it", start_ms: 4000, end_ms: 4100 },
  { text: "is", start_ms: 4500, end_ms: 4600 },
];
const even = only(recordOf(9000, [["rep", 1000, 2000, "So, um, you know, fine"]]).utterances);
const timed = only(recordOf(9000, [["rep", 3000, 5000, "yes it is", { words }]]).utterances);

it("is cut wherever a mark begins or ends", () => {
  const pieces = piecesOf("abcdef", [
    { from: 1, to: 4, mark: "hit" },
    { from: 3, to: 6, mark: "filler" },
  ]);
  expect(pieces.map(({ text, from, marks }) => [text, from, [...marks].join("+")])).toEqual([
    ["a", 0, ""],
    ["bc", 1, "hit"],
    ["d", 3, "hit+filler"],
    ["ef", 4, "filler"],
  ]);
  expect(piecesOf("", [])).toEqual([]);
  expect(piecesOf("abc", [{ from: 1, to: 9, mark: "hit" }]).map(({ text }) => text)).toEqual(["a", "bc"]);
});

it("spreads tokens evenly where they have no times", () => {
  expect(tokenTimes(even)).toEqual([1000, 1200, 1400, 1600, 1800]);
  expect(tokenTimes(timed)).toEqual([3000, 4000, 4500]);
});

it("knows when what stands at a place was said", () => {
  // "yes it is": the third letter belongs to "yes", the space after it too.
  expect([0, 3, 4, 7, 99].map((offset) => msAt(timed, offset))).toEqual([3000, 3000, 4000, 4500, 4500]);
  expect(msAt({ ...timed, text: "" }, 0)).toBe(3000);
});

it("finds fillers of one word and of several", () => {
  const events = [
    { at_ms: 1200, word: "um" },
    { at_ms: 1400, word: "you know" },
    { at_ms: 1850, word: "so" },
  ].map((event) => new Entry(event));
  expect(fillersIn(even, events)).toEqual([
    { from: 4, to: 7 },
    { from: 8, to: 17 },
  ]);
});
