import type { Utterance } from "../../protocol/messages";

/** A part of a text, in UTF-16 units. */
export interface Range {
  from: number;
  to: number;
}

/** A place that was looked for: which utterance, and where in its text or in what of it was cut off. */
export interface Hit extends Range {
  utterance: number;
  isUnheard: boolean;
}

/** Fewer letters than this are everywhere. */
export const SHORTEST_QUERY = 2;

/** Every place of some words in a transcript, whatever their case and the space between them. */
export function find(utterances: readonly Utterance[], query: string): Hit[] {
  const words = query.trim().split(/\s+/u);
  if (words.join("").length < SHORTEST_QUERY) return [];
  const pattern = new RegExp(words.map((word) => escaped(word)).join("\\s+"), "giu");
  return utterances.flatMap(({ text, unheard }, utterance) => [
    ...rangesIn(text, pattern).map((range) => ({ ...range, utterance, isUnheard: false })),
    ...rangesIn(unheard ?? "", pattern).map((range) => ({ ...range, utterance, isUnheard: true })),
  ]);
}

/** Goes on among hits, around the end; from −1, where none was gone to, to the first or the last. */
export function step(at: number, way: 1 | -1, count: number): number {
  if (count === 0) return -1;
  return at < 0 && way === -1 ? count - 1 : (at + way + count) % count;
}

function rangesIn(text: string, pattern: RegExp): Range[] {
  return [...text.matchAll(pattern)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

const escaped = (word: string): string => word.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&");
