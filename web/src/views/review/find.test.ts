import { expect, it } from "vitest";

import { find, step } from "./find";
import { recordOf } from "./fixture";

const { utterances } = recordOf(9000, [
  ["persona", 0, 1000, "What is the A.P.R. on that?"],
  ["rep", 1000, 2000, "The rate is 6.5, the   APR is the rate and costs."],
  ["persona", 2000, 3000, "Okay", { unheard: "that is THE RATE I heard" }],
]);

it("finds words whatever their case and the space between, also in what was not heard", () => {
  expect(find(utterances, " the Rate ")).toEqual([
    { utterance: 1, from: 0, to: 8, isUnheard: false },
    { utterance: 1, from: 30, to: 38, isUnheard: false },
    { utterance: 2, from: 8, to: 16, isUnheard: true },
  ]);
  expect(find(utterances, "the apr")).toEqual([{ utterance: 1, from: 17, to: 26, isUnheard: false }]);
});

it("takes marks for what they are", () => {
  expect(find(utterances, "a.p.r.")).toHaveLength(1);
  expect(find(utterances, "6.5")).toHaveLength(1);
  expect(find(utterances, "(.*")).toEqual([]);
});

it("finds nothing where nothing was asked", () => {
  expect(find(utterances, "  ")).toEqual([]);
  expect(find(utterances, "t")).toEqual([]);
});

it("goes around", () => {
  expect([step(2, 1, 3), step(0, -1, 3), step(0, 1, 3)]).toEqual([0, 2, 1]);
  expect([step(-1, 1, 3), step(-1, -1, 3), step(2, 1, 0)]).toEqual([0, 2, -1]);
});
