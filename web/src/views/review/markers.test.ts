import { expect, it } from "vitest";

import { recordOf, resultOf } from "./fixture";
import { markersOf, nextMarker } from "./markers";

const record = recordOf(
  30_000,
  [
    ["persona", 0, 4000, "I was going to", { interrupted: true }],
    ["rep", 3500, 9000, "Let me stop you there."],
    ["persona", 8000, 14_000, "No, let me finish."],
  ],
  { events: [{ type: "objection_raised", at_ms: 2000, tag: "rate", utterance_id: "u1" }, { type: "reply_latency", at_ms: 1, latency_ms: 2 }, { type: "reply_timing", at_ms: 3 }] },
);
const result = resultOf({
  call: { silences: [{ start_ms: 14_000, end_ms: 20_000 }] },
  rep: { interruptions: { events: [{ start_ms: 3500, end_ms: 4000, rep_utterance: "u2", persona_utterance: "u1" }] } },
  persona: { interruptions: { events: [{ start_ms: 8000, end_ms: 9000, rep_utterance: "u2", persona_utterance: "u3" }] } },
});

it("shows an interruption that cut the other off once, as the cut", () => {
  expect(markersOf(record, result).map(({ kind, at_ms }) => [kind, at_ms])).toEqual([
    ["objection_raised", 2000],
    ["cut", 4000],
    ["interruption", 8000],
    ["silence", 14_000],
  ]);
});

it("does without numbers", () => {
  expect(markersOf(record, null).map(({ kind }) => kind)).toEqual(["objection_raised", "cut"]);
});

it("goes from one to the next, and back past the one it stands at", () => {
  const markers = markersOf(record, result);
  const at = (ms: number, way: 1 | -1) => nextMarker(markers, ms, way)?.at_ms ?? null;
  expect([at(0, 1), at(2000, 1), at(14_000, 1)]).toEqual([2000, 4000, null]);
  expect([at(2000, -1), at(4400, -1), at(5001, -1), at(30_000, -1)]).toEqual([null, 2000, 4000, 14_000]);
});
