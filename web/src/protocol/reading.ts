/** A message says something that it may not. */
export class Malformed extends Error {
  constructor(what: string) {
    super(what);
    this.name = "Malformed";
  }
}

/** A JSON object whose fields are read one by one; fields that nobody asks for are passed over. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Takes what somebody sent. Throws `Malformed` where it is no object. */
  constructor(value: unknown) {
    if (!isRecord(value)) throw new Malformed("not an object");
    this.#values = value;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== "string") throw new Malformed(`"${name}" is not a text`);
    return value;
  }

  /** A text, or nothing where the field is absent or null. */
  maybeText(name: string): string | undefined {
    return this.#isAbsent(name) ? undefined : this.text(name);
  }

  /** A whole number from 0 on. */
  count(name: string): number {
    const value = this.#values[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw new Malformed(`"${name}" is not a whole number`);
    }
    return value;
  }

  maybeCount(name: string): number | undefined {
    return this.#isAbsent(name) ? undefined : this.count(name);
  }

  /** False where the field is absent. */
  flag(name: string): boolean {
    const value = this.#isAbsent(name) ? false : this.#values[name];
    if (typeof value !== "boolean") throw new Malformed(`"${name}" is neither true nor false`);
    return value;
  }

  /** Whatever it is, to be read elsewhere. */
  value(name: string): unknown {
    return this.#values[name];
  }

  fields(name: string): Fields {
    return new Fields(this.#values[name]);
  }

  maybe(name: string): Fields | undefined {
    return this.#isAbsent(name) ? undefined : this.fields(name);
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    const isTexts = Array.isArray(value) && value.every((item): item is string => typeof item === "string");
    if (!isTexts) throw new Malformed(`"${name}" is not a list of texts`);
    return value;
  }

  /** Objects, or none where the field is absent. */
  list(name: string): Fields[] {
    const value = this.#isAbsent(name) ? [] : this.#values[name];
    if (!Array.isArray(value)) throw new Malformed(`"${name}" is not a list`);
    return value.map((item) => new Fields(item));
  }

  #isAbsent(name: string): boolean {
    return this.#values[name] === undefined || this.#values[name] === null;
  }
}

/** Reads a text as JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed("not JSON");
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
