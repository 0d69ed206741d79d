import { expect, it } from "vitest";

import { recordOf, resultOf } from "./fixture";
import { answersOf, grouped, type Answer } from "./latency";

const result = resultOf({
  rep: { response_ms: { events: [{ at_ms: 900, response_ms: -50, utterance_id: "u2" }] } },
  persona: { response_ms: { events: [{ at_ms: 2000, response_ms: 812, utterance_id: "u3" }] } },
});

it("takes the server's own measure of the persona, and the computed one without it", () => {
  const measured = recordOf(5000, [], { events: [{ type: "reply_latency", at_ms: 1190, latency_ms: 800 }] });
  expect(answersOf(measured, result)).toEqual([
    { speaker: "rep", at_ms: 900, wait_ms: -50 },
    { speaker: "persona", at_ms: 1990, wait_ms: 800 },
  ]);
  expect(answersOf(recordOf(5000, []), result).map(({ wait_ms }) => wait_ms)).toEqual([-50, 812]);
  expect(answersOf(recordOf(5000, []), null)).toEqual([]);
});

it("joins what would be too many bars", () => {
  const answers = [100, 900, 1000, 2500, 2600, 2700].map((at_ms, place): Answer => ({ speaker: "rep", at_ms, wait_ms: [5, 1, 7, 30, 10, 20][place] ?? 0 }));
  expect(grouped(answers, 3000, 3)).toEqual([
    { from_ms: 0, to_ms: 1000, median_ms: 1, longest_ms: 5, count: 2 },
    { from_ms: 1000, to_ms: 2000, median_ms: 7, longest_ms: 7, count: 1 },
    { from_ms: 2000, to_ms: 3000, median_ms: 20, longest_ms: 30, count: 3 },
  ]);
  expect(grouped(answers, 3000, 6).map(({ median_ms }) => median_ms)).toEqual([5, 1, 7, 30, 10, 20]);
});
