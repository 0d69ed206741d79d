import { expect, it } from "vitest";

import { Malformed } from "../../protocol/reading";
import { recordOf } from "./fixture";
import { readRecord } from "./record";

it("is put in order, whatever order it came in", () => {
  const record = readRecord({
    duration_ms: 9000,
    utterances: [
      { id: "b", speaker: "rep", start_ms: 100, end_ms: 900, text: "two" },
      { id: "c", speaker: "rep", start_ms: 0, end_ms: 50, text: "one" },
      { id: "a", speaker: "persona", start_ms: 100, end_ms: 900, text: "first of two", interrupted: true, unheard: "and more" },
    ],
    events: [
      { type: "goal_reached", at_ms: 800, tag: "link" },
      { type: "weather", at_ms: 1 },
      { type: "reply_latency", at_ms: 60, latency_ms: 700 },
    ],
  });
  expect(record.utterances.map(({ id }) => id)).toEqual(["c", "a", "b"]);
  expect(record.utterances[1]).toMatchObject({ interrupted: true, unheard: "and more" });
  expect(record.events.map(({ type }) => type)).toEqual(["reply_latency", "goal_reached"]);
});

it("knows what it was served by, and does without", () => {
  const served = { served_by: { prompt_hash: "5da9", scenario_version: 3 }, scenario: { required_phrases: [{ id: "apr", any_of: ["APR", 7] }] } };
  const record = recordOf(1000, [], served);
  expect(record.served_by).toEqual({ prompt_hash: "5da9", scenario_version: 3 });
  expect(record.required_phrases).toEqual([{ id: "apr", any_of: ["APR"] }]);
  expect(recordOf(1000, []).served_by).toEqual({ prompt_hash: null, scenario_version: null });
});

it.each([
  ["no object", []],
  ["no length", { utterances: [] }],
  ["a speaker that nobody knows", { duration_ms: 1, utterances: [{ id: "a", speaker: "dog", start_ms: 0, end_ms: 1, text: "" }] }],
  ["a time that is none", { duration_ms: 1, utterances: [{ id: "a", speaker: "rep", start_ms: 0.5, end_ms: 1, text: "" }] }],
  ["phrases that are no list", { duration_ms: 1, scenario: { required_phrases: {} } }],
])("with %s is refused", (_, value) => {
  expect(() => readRecord(value)).toThrow(Malformed);
});
