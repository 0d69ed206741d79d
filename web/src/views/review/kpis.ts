import { memberOf } from "./record";

/** Where a number should lie, and whether it does; null where there is no number. */
export interface Target {
  min: number | null;
  max: number | null;
  met: boolean | null;
}

/** One entry of a list of the numbers: fields are read by name. */
export class Entry {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  number(name: string): number | null {
    const value = memberOf(this.#value, name);
    return typeof value === "number" ? value : null;
  }

  text(name: string): string | null {
    const value = memberOf(this.#value, name);
    return typeof value === "string" ? value : null;
  }

  is(name: string): boolean {
    return memberOf(this.#value, name) === true;
  }
}

/** The numbers of a call, as docs/KPI.md defines them, read by their paths. */
export class KpiResult {
  readonly #result: unknown;
  readonly #targets: Map<string, Target>;

  constructor(result: unknown) {
    this.#result = result;
    this.#targets = new Map(this.list("scenario.targets").map((target) => [target.text("kpi") ?? "", targetOf(target)]));
  }

  /** A number; null where it has nothing to rest on, undefined where this version does not print it. */
  number(path: string): number | null | undefined {
    const value = this.#at(path);
    return typeof value === "number" || value === null ? value : undefined;
  }

  text(path: string): string | null {
    const value = this.#at(path);
    return typeof value === "string" ? value : null;
  }

  /** A list; empty where there is none. */
  list(path: string): Entry[] {
    const value = this.#at(path);
    return Array.isArray(value) ? value.map((entry) => new Entry(entry)) : [];
  }

  /** The entries of a list of numbers. */
  numbers(path: string): (number | null)[] {
    const value = this.#at(path);
    return Array.isArray(value) ? value.map((entry) => (typeof entry === "number" ? entry : null)) : [];
  }

  /** The thresholds in force, by name. */
  params(): [string, number][] {
    const params = this.#at("params");
    const all = typeof params === "object" && params !== null ? Object.entries(params) : [];
    return all.filter((entry): entry is [string, number] => typeof entry[1] === "number");
  }

  /** Why there is no number, as a word. A reason of a group is one of its members. */
  reason(path: string): string | null {
    return this.#remark("reasons", path);
  }

  /** What to mind about a number, as a word. */
  caution(path: string): string | null {
    return this.#remark("cautions", path);
  }

  target(path: string): Target | null {
    const target = this.#targets.get(path) ?? null;
    // Who said nothing has kept to no limit.
    const isSilent = path.startsWith("rep.") && this.number("rep.talk_ms") === 0;
    return target !== null && isSilent ? { ...target, met: null } : target;
  }

  #at(path: string): unknown {
    // A member of what is null is null as well.
    return path.split(".").reduce((value, name) => (value === null ? null : memberOf(value, name)), this.#result);
  }

  #remark(kind: "reasons" | "cautions", path: string): string | null {
    const remarks = memberOf(this.#result, kind);
    for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
      const word = memberOf(remarks, at);
      if (typeof word === "string") return word;
    }
    return null;
  }
}

function targetOf(target: Entry): Target {
  const isHeld = target.number("value") !== null;
  return { min: target.number("min"), max: target.number("max"), met: isHeld ? target.is("met") : null };
}
