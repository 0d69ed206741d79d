import { strings } from "../../strings";
import type { Unit } from "./catalogue";
import type { Target } from "./kpis";

const { locale } = strings;
const words = strings.review.units;

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });

/** A length of time for people: "780 ms", "4.2 s", "1 min 34 s", "1 h 2 min". */
export function formatLength(ms: number): string {
  if (Math.abs(ms) < 1000) return words.ms(whole.format(ms));
  if (Math.abs(ms) < 60_000) return words.seconds(tenths.format(ms / 1000));
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = 0 < hours ? [words.hours(hours), minutes, 0] : ["", minutes, rest];
  return [parts[0], parts[1] === 0 ? "" : words.minutes(minutes), parts[2] === 0 ? "" : words.seconds(String(rest))]
    .filter((part) => part !== "")
    .join(" ");
}

/** A number with its unit. */
export function formatValue(unit: Unit, value: number): string {
  switch (unit) {
    case "ms":
      return formatLength(value);
    case "share":
      return percent.format(value);
    case "count":
      return words.times(value, whole.format(value));
    case "words":
      return words.words(value, whole.format(value));
    case "words_per_min":
      return words.wordsPerMin(whole.format(value));
    case "per_min":
      return words.perMin(hundredths.format(value));
    case "per_10_min":
      return words.per10Min(hundredths.format(value));
    case "per_100_words":
      return words.per100Words(hundredths.format(value));
  }
}

/** Where a number should lie: "35% to 65%", "at most 1 min". */
export function formatTarget(unit: Unit, { min, max }: Target): string {
  if (min !== null && max !== null) return words.between(isSaidOnce(unit) ? hundredths.format(min) : formatValue(unit, min), formatValue(unit, max));
  if (max !== null) return words.atMost(formatValue(unit, max));
  return min === null ? "" : words.atLeast(formatValue(unit, min));
}

/** Whether a range names its unit once: "120 to 180 words per min", but "40 s to 1 min". */
const isSaidOnce = (unit: Unit): boolean => unit !== "ms" && unit !== "share";

/** What code calls by a tag, as words: "application link". */
export const formatTag = (tag: string): string => tag.replaceAll("_", " ");
