import type { Utterance } from "../../protocol/messages";
import type { Range } from "./find";
import type { Entry } from "./kpis";

/** A piece of a line that looks the same all through. */
export interface Piece {
  text: string;
  from: number;
  /** The marks that lie on it. */
  marks: ReadonlySet<string>;
}

/** A part of a line with its mark. */
export interface Mark extends Range {
  mark: string;
}

/** Cuts a text wherever a mark begins or ends. */
export function piecesOf(text: string, marks: readonly Mark[]): Piece[] {
  const cuts = new Set([0, text.length, ...marks.flatMap(({ from, to }) => [from, to])]);
  const places = [...cuts].filter((place) => 0 <= place && place <= text.length).sort((one, other) => one - other);
  return places.slice(0, -1).map((from, at) => {
    const to = places[at + 1] ?? text.length;
    const on = marks.filter((mark) => mark.from <= from && to <= mark.to).map(({ mark }) => mark);
    return { text: text.slice(from, to), from, marks: new Set(on) };
  });
}

/** The tokens of a text: runs without white space. */
export function tokensOf(text: string): Range[] {
  return [...text.matchAll(/\S+/gu)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

/** When each token was said: by its word where there is one for each, else spread evenly, as docs/KPI.md has it. */
export function tokenTimes(utterance: Utterance): number[] {
  const { text, start_ms, end_ms, words = [] } = utterance;
  const tokens = tokensOf(text);
  if (words.length === tokens.length) return words.map((word) => word.start_ms);
  return tokens.map((_, at) => start_ms + Math.floor((at * (end_ms - start_ms)) / tokens.length));
}

/** When what stands at a place of the text was said. */
export function msAt(utterance: Utterance, offset: number): number {
  const token = tokensOf(utterance.text).findLastIndex(({ from }) => from <= offset);
  return tokenTimes(utterance)[Math.max(0, token)] ?? utterance.start_ms;
}

/** Where the fillers stand that were counted in an utterance. */
export function fillersIn(utterance: Utterance, events: readonly Entry[]): Range[] {
  if (events.length === 0) return [];
  const tokens = tokensOf(utterance.text);
  const times = tokenTimes(utterance);
  return events.flatMap((event) => {
    const first = times.indexOf(event.number("at_ms") ?? -1);
    const length = event.text("word")?.split(" ").length ?? 1;
    const [from, to] = [tokens[first]?.from, tokens[first + length - 1]?.to];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
}
