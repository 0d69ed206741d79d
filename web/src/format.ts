import { strings } from "./strings";

const locale = strings.locale;

// Made when they are needed: the first of a kind takes a browser tens of milliseconds.
const dateTime = once(() => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }));
const relative = once(() => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
const languages = once(() => new Intl.DisplayNames(locale, { type: "language" }));

/** A moment: "Mar 1, 2026, 10:00 AM". */
export const formatDateTime = (iso: string): string => dateTime().format(new Date(iso));

/** A place in a call, or its length: "4:07", "1:02:33". */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${two(minutes)}:${rest}`;
}

/** How long ago: "2 hours ago", "yesterday". */
export function formatAgo(iso: string, now: Date): string {
  const seconds = (new Date(iso).getTime() - now.getTime()) / 1000;
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["week", 604_800],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  const [unit, length] = units.find(([, length]) => length <= Math.abs(seconds)) ?? ["minute", 60];
  return relative().format(Math.round(seconds / length), unit);
}

/** The letters that stand for a name: "RR" for Robin Reyes. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => word !== "");
  const letters = words.length < 2 ? words.slice(0, 1) : [words[0], words.at(-1)];
  return letters.map((word) => (word?.match(/^./u)?.[0] ?? "").toLocaleUpperCase(locale)).join("");
}

/** A language tag as people say it: "American English". */
export function formatLanguage(tag: string): string {
  try {
    return strings.common.languages[tag] ?? languages().of(tag) ?? tag;
  } catch {
    // The server's tags are checked by other rules than the browser's.
    return tag;
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
