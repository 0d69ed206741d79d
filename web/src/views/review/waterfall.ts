import type { CallRecord, ReplyTiming } from "./record";

/** The parts of the way to an answer, in the order of the bar. `own` is what the server added, before and after the rest. */
export const PARTS = ["wait", "again", "text", "chunk", "voice", "own"] as const;

export type Part = (typeof PARTS)[number];

/** How one answer came about. */
export interface Waterfall {
  /** When its first sample was sent. */
  at_ms: number;
  /** How long each part took; null where it did not happen. */
  parts: Record<Part, number | null>;
  /** From the end of the turn; null where nothing was answered. */
  total_ms: number | null;
  /** How long after the speech the recogniser had settled it. */
  recogniser_ms: number | null;
}

/** How each answer of the persona came about, as far as the record tells it. */
export function waterfallsOf({ events }: CallRecord): Waterfall[] {
  return events.flatMap((event) => (event.type === "reply_timing" ? [waterfallOf(event)] : []));
}

/** All of it: from the end of the speech, or the coming of a typed turn, to the first sample. */
export const totalOf = (timing: ReplyTiming): number | null => span(timing.speech_end_ms ?? timing.committed_ms, timing.at_ms);

function waterfallOf(timing: ReplyTiming): Waterfall {
  const { at_ms, speech_end_ms, final_ms, due_ms, committed_ms, asked_ms, first_text_ms, first_chunk_ms, first_audio_ms } = timing;
  const kept = span(first_audio_ms, at_ms);
  const parts = {
    wait: span(speech_end_ms, due_ms),
    again: span(committed_ms, asked_ms),
    text: span(asked_ms, first_text_ms),
    chunk: span(first_text_ms, first_chunk_ms),
    voice: span(first_chunk_ms, first_audio_ms),
    own: kept === null ? null : kept + (span(due_ms, committed_ms) ?? 0),
  };
  return { at_ms, parts, total_ms: totalOf(timing), recogniser_ms: span(speech_end_ms, final_ms) };
}

const span = (from: number | null, to: number | null): number | null => (from === null || to === null ? null : Math.max(0, to - from));

/** The parts that took time in any of the answers; the rest is nothing to look at. */
export const shownParts = (all: readonly Waterfall[]): Part[] => PARTS.filter((part) => all.some(({ parts }) => 0 < (parts[part] ?? 0)));

/** The length of a bar: of all its parts. */
export const lengthOf = ({ parts }: Waterfall): number => PARTS.reduce((sum, part) => sum + (parts[part] ?? 0), 0);

/** As docs/KPI.md takes a median: the value at place ⌈n / 2⌉ from the smallest, of those that are there. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((one, other) => one - other);
  return known[Math.ceil(known.length / 2) - 1] ?? null;
}
