import { expect, it } from "vitest";

import { only, recordOf } from "./fixture";
import { answersOf } from "./latency";
import { lengthOf, medianOf, shownParts, waterfallsOf } from "./waterfall";

const opening = { type: "reply_timing", at_ms: 900, asked_ms: 400, first_text_ms: 500, first_chunk_ms: 500, first_audio_ms: 898 };
const spoken = {
  type: "reply_timing",
  at_ms: 5603,
  speech_end_ms: 4100,
  final_ms: 4480,
  due_ms: 4700,
  committed_ms: 4702,
  asked_ms: 4702,
  first_text_ms: 5102,
  first_chunk_ms: 5202,
  first_audio_ms: 5600,
};
const typed = { type: "reply_timing", at_ms: 9000, committed_ms: 8000, asked_ms: 8300, first_text_ms: 8500, first_chunk_ms: 8500, first_audio_ms: 9000 };

const all = () => waterfallsOf(recordOf(10_000, [], { events: [typed, opening, spoken, { type: "reply_latency", at_ms: 1, latency_ms: 2 }] }));

it("takes an answer apart into what adds up to it", () => {
  expect(all()[1]).toEqual({
    at_ms: 5603,
    parts: { wait: 600, again: 0, text: 400, chunk: 100, voice: 398, own: 2 + 3 },
    total_ms: 1503,
    recogniser_ms: 380,
  });
  expect(lengthOf(only(all(), 1))).toBe(1503);
});

it("leaves out what did not happen", () => {
  const [first, , last] = all();
  expect(first).toEqual({ at_ms: 900, parts: { wait: null, again: null, text: 100, chunk: 0, voice: 398, own: 2 }, total_ms: null, recogniser_ms: null });
  expect(last?.parts).toEqual({ wait: null, again: 300, text: 200, chunk: 0, voice: 500, own: 0 });
  expect(last?.total_ms).toBe(1000);
  expect(shownParts(all())).toEqual(["wait", "again", "text", "chunk", "voice", "own"]);
  expect(shownParts(all().slice(0, 1))).toEqual(["text", "voice", "own"]);
  expect(waterfallsOf(recordOf(10, []))).toEqual([]);
});

it("takes the middle of what is there", () => {
  expect(medianOf(all().map(({ parts }) => parts.text))).toBe(200);
  expect(medianOf(all().map(({ parts }) => parts.wait))).toBe(600);
  expect(medianOf([4, 1, null, 3, 2])).toBe(2);
  expect(medianOf([null])).toBeNull();
});

it("counts as the buyer's answers those to a turn", () => {
  const record = recordOf(10_000, [], { events: [opening, spoken, typed] });
  expect(answersOf(record, null)).toEqual([
    { speaker: "persona", at_ms: 5603, wait_ms: 1503 },
    { speaker: "persona", at_ms: 9000, wait_ms: 1000 },
  ]);
});
