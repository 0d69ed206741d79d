import type { Scenario } from "../../api/scenarios";
import { formatClock } from "../../format";
import { strings } from "../../strings";

type Target = Scenario["targets"][string];

/** A number that the rep aims at. */
export interface TargetWords {
  path: string;
  /** What is measured. */
  name: string;
  /** How much of it is good, with its unit. */
  aim: string;
}

const words = strings.practice.targets;
const number = new Intl.NumberFormat(strings.locale, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(strings.locale, { maximumFractionDigits: 1 });

/** Lengths from here on are told in minutes. */
const LONG_MS = 60_000;

/** The targets of a scenario in words, by name. */
export function targetsOf({ targets }: Scenario): TargetWords[] {
  const told = Object.entries(targets).map(([path, target]) => ({ path, name: nameOf(path), aim: aimOf(path, target) }));
  return told.sort((a, b) => a.name.localeCompare(b.name, strings.locale));
}

function nameOf(path: string): string {
  const known = words.names[path];
  if (known !== undefined) return known;
  // A number that is newer than these words: its own name, as far as people can read it.
  const readable = path.replace(/^(?:call|rep)\./u, "").replace(/_(?:ms|share)$/u, "").replaceAll(/[._]/gu, " ");
  return readable.slice(0, 1).toLocaleUpperCase(strings.locale) + readable.slice(1);
}

function aimOf(path: string, { min, max }: Target): string {
  const unit = unitOf(path);
  if (typeof min === "number" && typeof max === "number") return words.between(...unit.range(min, max));
  if (typeof min === "number") return words.atLeast(unit.one(min));
  return typeof max === "number" ? words.atMost(unit.one(max)) : "";
}

interface Unit {
  one: (value: number) => string;
  /** Both ends of a range; the unit is said once where it can be. */
  range: (min: number, max: number) => [string, string];
}

function unitOf(path: string): Unit {
  if (/_ms(?:\.\w+)?$/u.test(path)) return { one: length, range: (min, max) => [length(min), length(max)] };
  if (/share(?:_of_speech)?$/u.test(path)) return told((value) => percent.format(100 * value), words.units.percent);
  const unit = Object.entries(words.units.by).find(([ending]) => path.endsWith(ending))?.[1];
  return told((value) => number.format(value), unit ?? ((value) => value));
}

/** A number whose unit is said after the last of them. */
const told = (write: (value: number) => string, unit: (value: string) => string): Unit => ({
  one: (value) => unit(write(value)),
  range: (min, max) => [write(min), unit(write(max))],
});

function length(ms: number): string {
  if (ms < 1000) return words.units.milliseconds(number.format(ms));
  if (ms < LONG_MS) return words.units.seconds(number.format(ms / 1000));
  return ms % LONG_MS === 0 ? words.units.minutes(number.format(ms / LONG_MS)) : words.units.clock(formatClock(ms));
}
