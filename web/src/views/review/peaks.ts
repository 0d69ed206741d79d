import { memberOf } from "./record";

/** The outline of both sides, from 0 to 1, for drawing. */
export interface Outline {
  rep: Float32Array;
  persona: Float32Array;
}

/** More than any screen has pixels across. */
const MOST_COLUMNS = 4000;

/** What is quieter than this is drawn as quiet as it is; other calls fill their lanes. */
const QUIETEST_FULL = 0.1;

/** Reads the lowest and highest samples of every 20 ms, and makes as many columns of them as can be seen. */
export function readOutline(value: unknown): Outline {
  const rep = columnsOf(memberOf(value, "rep"));
  const persona = columnsOf(memberOf(value, "persona"));
  const loudest = [...rep, ...persona].reduce((most, column) => Math.max(most, column), QUIETEST_FULL);
  return { rep: rep.map((column) => column / loudest), persona: persona.map((column) => column / loudest) };
}

function columnsOf(leg: unknown): Float32Array {
  const [lowest, highest] = [numbersOf(memberOf(leg, "min")), numbersOf(memberOf(leg, "max"))];
  const perColumn = Math.max(1, Math.ceil(highest.length / MOST_COLUMNS));
  const columns = new Float32Array(Math.ceil(highest.length / perColumn));
  highest.forEach((high, at) => {
    const column = Math.floor(at / perColumn);
    const loud = Math.max(high, -(lowest[at] ?? 0)) / 128;
    columns[column] = Math.max(columns[column] ?? 0, loud);
  });
  return columns;
}

const numbersOf = (value: unknown): number[] =>
  Array.isArray(value) && value.every((one) => typeof one === "number") ? value : [];
