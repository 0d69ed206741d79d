import type { Utterance } from "../protocol/messages";

/** What was said, in the order it began, and what the rep is saying. */
export interface Captions {
  utterances: readonly Utterance[];
  /** What the recogniser makes of the rep's turn so far; empty where there is none. */
  partial: string;
}

export const NO_CAPTIONS: Captions = { utterances: [], partial: "" };

/** With what the recogniser now makes of the rep's turn. */
export const withPartial = (captions: Captions, partial: string): Captions =>
  captions.partial === partial ? captions : { ...captions, partial };

/** With an utterance that settled, or was amended. What began at the same time stays in the order it came. */
export function withUtterance(captions: Captions, utterance: Utterance): Captions {
  const isKnown = captions.utterances.some(({ id }) => id === utterance.id);
  const all = isKnown
    ? captions.utterances.map((other) => (other.id === utterance.id ? utterance : other))
    : [...captions.utterances, utterance];
  const utterances = all.toSorted((one, other) => one.start_ms - other.start_ms);
  // What was typed leaves alone what is being spoken.
  const settles = utterance.speaker === "rep" && !utterance.typed && !isKnown;
  return { utterances, partial: settles ? "" : captions.partial };
}

/** The last that one side said. */
export const lastBy = (captions: Captions, speaker: Utterance["speaker"]): Utterance | undefined =>
  captions.utterances.findLast((utterance) => utterance.speaker === speaker);
