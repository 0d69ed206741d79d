// Words as docs/KPI.md defines them, as far as coaching needs them.

const MARKS = "!-/:-@\\[-`{-~…–—‘’“”«»¿¡؟،؛";
const AT_EITHER_END = new RegExp(`^[${MARKS}]+|[${MARKS}]+$`, "gu");
const CLOSING = /["'”’»)\]]+$/u;
const ABBREVIATION = /^(?:[a-hj-z]|mr|mrs|ms|dr|jr|sr|st|vs|e\.g|i\.e|a\.m|p\.m|u\.s|inc|approx)$/u;
const LISTENING = "mmm?|mhm|mm-hmm?|mmhmm|uh-huh|yeah|yep|yup|right|ok|okay|sure|exactly|absolutely|gotcha|understood|got it|i see|makes sense";
const LISTENING_ALONE = new RegExp(`^(?:${LISTENING})(?: (?:${LISTENING}))*$`, "u");

/** The runs of a text without white space. */
export const tokensOf = (text: string): string[] => text.match(/\S+/gu) ?? [];

/** A token in lower case, without the marks at either end. May be empty. */
const wordOf = (token: string): string => token.replaceAll(AT_EITHER_END, "").replaceAll("’", "'").toLowerCase();

/** Whether somebody who says no more than this listens. */
export function isListening(tokens: readonly string[]): boolean {
  const words = tokens.map(wordOf).filter((word) => word !== "");
  return LISTENING_ALONE.test(words.join(" "));
}

/** Whether the last sentence ends in a question mark, and holds a word. */
export function asks(tokens: readonly string[]): boolean {
  const mark = sentenceEnd(tokens.at(-1) ?? "");
  if (mark !== "?" && mark !== "؟") return false;
  const before = tokens.slice(0, -1).findLastIndex((token) => sentenceEnd(token) !== null);
  return tokens.slice(before + 1).some((token) => wordOf(token) !== "");
}

/** The mark with which a token ends a sentence, if it does. */
function sentenceEnd(token: string): string | null {
  const mark = /[.!?…؟]$/u.exec(token.replace(CLOSING, ""))?.[0] ?? null;
  return mark === "." && ABBREVIATION.test(wordOf(token)) ? null : mark;
}
