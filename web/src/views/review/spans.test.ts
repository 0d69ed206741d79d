import { expect, it } from "vitest";

import { only, recordOf } from "./fixture";
import { silentSpans, spanAt, utteranceAt, wordAt } from "./spans";

const { utterances } = recordOf(20_000, [
  ["persona", 2000, 5000, "One."],
  ["rep", 3000, 4000, "Two, inside of it."],
  ["rep", 6499, 8000, "Three."],
  ["persona", 9500, 12_000, "Four."],
]);

it("skips what is long enough, and leaves a little at either end of speech", () => {
  // 5000 to 6499 leaves 999 ms; 8000 to 9500 leaves 1000 ms, which is enough.
  expect(silentSpans(utterances, 20_000)).toEqual([
    { from_ms: 0, to_ms: 1750 },
    { from_ms: 8250, to_ms: 9250 },
    { from_ms: 12_250, to_ms: 20_000 },
  ]);
});

it("skips all of a call in which nobody spoke", () => {
  expect(silentSpans([], 3000)).toEqual([{ from_ms: 0, to_ms: 3000 }]);
});

it("finds the span of a moment", () => {
  const spans = silentSpans(utterances, 20_000);
  expect(spanAt(spans, 8249)).toBeNull();
  expect(spanAt(spans, 8250)).toEqual({ from_ms: 8250, to_ms: 9250 });
  expect(spanAt(spans, 9250)).toBeNull();
  expect(spanAt([], 5)).toBeNull();
});

it("finds what is said at a moment, and keeps it until the next begins", () => {
  expect([0, 1999, 2000, 3000, 5500, 6499, 99_999].map((ms) => utteranceAt(utterances, ms))).toEqual([-1, -1, 0, 1, 1, 2, 3]);
});

it("finds the word that is said", () => {
  const words = [
    { text: "a", start_ms: 10, end_ms: 20 },
    { text: "b", start_ms: 30, end_ms: 40 },
  ];
  const utterance = { ...only(utterances), words };
  expect([9, 10, 29, 30, 500].map((ms) => wordAt(utterance, ms))).toEqual([-1, 0, 0, 1, 1]);
  expect(wordAt(only(utterances), 2500)).toBe(-1);
});
