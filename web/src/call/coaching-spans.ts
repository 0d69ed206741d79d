/** A part of the call, from `startMs` to before `endMs` on its clock. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** The longest gap between two words that is still talk: `pause_ms` of docs/KPI.md. */
const PAUSE_MS = 1800;

/** Spans in order, those that overlap or meet made one. */
export function unionOf(spans: readonly Span[]): Span[] {
  return joined(spans.toSorted((one, other) => one.startMs - other.startMs), 0);
}

/** Spans that are in order, without the pauses between them. */
export const withoutPauses = (spans: readonly Span[]): Span[] => joined(spans, PAUSE_MS);

function joined(spans: readonly Span[], gapMs: number): Span[] {
  const all: Span[] = [];
  for (const { startMs, endMs } of spans) {
    const last = all.at(-1);
    if (last !== undefined && startMs <= last.endMs + gapMs) last.endMs = Math.max(last.endMs, endMs);
    else all.push({ startMs, endMs });
  }
  return all;
}

export const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);

/** What of spans lies before a moment. */
export const before = (spans: readonly Span[], untilMs: number): Span[] =>
  spans.filter(({ startMs }) => startMs < untilMs).map(({ startMs, endMs }) => ({ startMs, endMs: Math.min(endMs, untilMs) }));

/** What of spans lies after a moment. */
export const after = (spans: readonly Span[], fromMs: number): Span[] =>
  spans.filter(({ endMs }) => fromMs < endMs).map(({ startMs, endMs }) => ({ startMs: Math.max(startMs, fromMs), endMs }));

/** The moment from which on spans that are in order are so long together; where they are shorter, their start. */
export function startOfLast(spans: readonly Span[], lengthMs: number): number {
  let leftMs = lengthMs;
  for (const { startMs, endMs } of spans.toReversed()) {
    if (leftMs <= endMs - startMs) return endMs - leftMs;
    leftMs -= endMs - startMs;
  }
  return spans[0]?.startMs ?? 0;
}
