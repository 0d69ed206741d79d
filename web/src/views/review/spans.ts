import type { Utterance } from "../../protocol/messages";

/** A part of a call, from `from_ms` to before `to_ms`. */
export interface Span {
  from_ms: number;
  to_ms: number;
}

/** Less silence than this is a breath, and skipping it would be heard. */
const SHORTEST_SKIP_MS = 1000;

/** What is left of a silence at either end, so that no word is clipped. */
const KEPT_MS = 250;

/** Where nobody speaks for long enough to be skipped. */
export function silentSpans(utterances: readonly Utterance[], durationMs: number): Span[] {
  const spans: Span[] = [];
  let spokenUntil = 0;
  const add = (from: number, to: number) => {
    const span = { from_ms: from === 0 ? 0 : from + KEPT_MS, to_ms: to === durationMs ? to : to - KEPT_MS };
    if (SHORTEST_SKIP_MS <= span.to_ms - span.from_ms) spans.push(span);
  };
  for (const { start_ms, end_ms } of utterances) {
    if (spokenUntil < start_ms) add(spokenUntil, start_ms);
    spokenUntil = Math.max(spokenUntil, end_ms);
  }
  if (spokenUntil < durationMs) add(spokenUntil, durationMs);
  return spans;
}

/** The span that a moment lies in. The spans are in order and apart. */
export function spanAt(spans: readonly Span[], ms: number): Span | null {
  const span = spans[lastAtOrBefore(spans, ms, ({ from_ms }) => from_ms)];
  return span !== undefined && ms < span.to_ms ? span : null;
}

/** The place of the utterance that began last at a moment; −1 before the first. */
export function utteranceAt(utterances: readonly Utterance[], ms: number): number {
  return lastAtOrBefore(utterances, ms, ({ start_ms }) => start_ms);
}

/** The place of the word that began last at a moment; −1 before the first, and where there are no times. */
export function wordAt(utterance: Utterance, ms: number): number {
  return lastAtOrBefore(utterance.words ?? [], ms, ({ start_ms }) => start_ms);
}

function lastAtOrBefore<T>(items: readonly T[], ms: number, startOf: (item: T) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && startOf(item) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
