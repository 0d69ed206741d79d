import type { Speaker } from "../../protocol/messages";
import type { KpiResult } from "./kpis";
import type { CallRecord } from "./record";
import { totalOf } from "./waterfall";

/** How long one side took to answer. */
export interface Answer {
  speaker: Speaker;
  at_ms: number;
  /** Below zero where it began before the other had ended. */
  wait_ms: number;
}

/** Answers close to each other, as one. */
export interface AnswerGroup {
  from_ms: number;
  to_ms: number;
  median_ms: number;
  longest_ms: number;
  count: number;
}

/** How long each answer took, in order of time. */
export function answersOf(record: CallRecord, result: KpiResult | null): Answer[] {
  const measured = record.events.flatMap((event): Answer[] => {
    if (event.type === "reply_latency") return [{ speaker: "persona", at_ms: event.at_ms + event.latency_ms, wait_ms: event.latency_ms }];
    const wait_ms = event.type === "reply_timing" ? totalOf(event) : null;
    return wait_ms === null ? [] : [{ speaker: "persona", at_ms: event.at_ms, wait_ms }];
  });
  const computed = (speaker: Speaker) =>
    (result?.list(`${speaker}.response_ms.events`) ?? []).flatMap((entry): Answer[] => {
      const [at_ms, wait_ms] = [entry.number("at_ms"), entry.number("response_ms")];
      return at_ms === null || wait_ms === null ? [] : [{ speaker, at_ms, wait_ms }];
    });
  // The server's own measure of the persona is the finer one; a record may be without it.
  const persona = measured.length === 0 ? computed("persona") : measured;
  return [...persona, ...computed("rep")].sort((one, other) => one.at_ms - other.at_ms);
}

/** Joins answers to as many groups at the most, each of the same length of time. Spans without answers are left out. */
export function grouped(answers: readonly Answer[], durationMs: number, most: number): AnswerGroup[] {
  if (answers.length <= most) return answers.map((answer) => groupOf([answer], answer.at_ms, answer.at_ms));
  const length = Math.max(1, Math.ceil(durationMs / most));
  const byPlace = new Map<number, Answer[]>();
  for (const answer of answers) {
    const place = Math.floor(answer.at_ms / length);
    byPlace.set(place, [...(byPlace.get(place) ?? []), answer]);
  }
  return [...byPlace].map(([place, all]) => groupOf(all, place * length, (place + 1) * length));
}

function groupOf(answers: readonly Answer[], from_ms: number, to_ms: number): AnswerGroup {
  const waits = answers.map(({ wait_ms }) => wait_ms).sort((one, other) => one - other);
  // As docs/KPI.md takes a median: the value at place ⌈n / 2⌉ from the smallest.
  const median_ms = waits[Math.ceil(waits.length / 2) - 1] ?? 0;
  return { from_ms, to_ms, median_ms, longest_ms: waits.at(-1) ?? 0, count: waits.length };
}
