import { strings } from "../../strings";

/** The shortest and the longest password, in characters, as the server has them. */
export const PASSWORD_MIN_CHARS = 8;
export const PASSWORD_MAX_CHARS = 256;

/** Why a password is no good as a new one; undefined when it is. Whoever is asked for one alone types no repetition. */
export function passwordFault(password: string): string | undefined {
  // As the server counts: an emoji is one character, not two.
  const chars = Array.from(password).length;
  const { password: words } = strings.account;
  if (chars < PASSWORD_MIN_CHARS) return words.tooShort(PASSWORD_MIN_CHARS - chars);
  return PASSWORD_MAX_CHARS < chars ? words.tooLong(PASSWORD_MAX_CHARS) : undefined;
}
