import { expect, it } from "vitest";

import type { Utterance } from "../protocol/messages";
import { lastBy, NO_CAPTIONS, withPartial, withUtterance, type Captions } from "./captions";

const said = (id: string, start_ms: number, more: Partial<Utterance> = {}): Utterance => ({
  id,
  speaker: "rep",
  start_ms,
  end_ms: start_ms + 100,
  text: id,
  interrupted: false,
  typed: false,
  ...more,
});

const all = (...utterances: Utterance[]): Captions => utterances.reduce(withUtterance, NO_CAPTIONS);
const ids = ({ utterances }: Captions) => utterances.map(({ id }) => id);

it("are in the order in which they began, whenever they came", () => {
  expect(ids(all(said("u1", 100), said("u3", 900), said("u2", 500)))).toEqual(["u1", "u2", "u3"]);
});

it("of one time stay as they came", () => {
  expect(ids(all(said("u2", 100), said("u1", 100)))).toEqual(["u2", "u1"]);
});

it("are amended in their place", () => {
  const captions = all(said("u1", 100), said("u2", 500), said("u1", 90, { text: "longer" }));
  expect(captions.utterances.map(({ text }) => text)).toEqual(["longer", "u2"]);
});

it("lose what was partial when it settles", () => {
  const partial = withPartial(NO_CAPTIONS, "what ra");
  expect(withUtterance(partial, said("u1", 100)).partial).toBe("");
});

it("keep what is partial while others settle", () => {
  const partial = withPartial(all(said("u1", 100)), "and why");
  expect(withUtterance(partial, said("u2", 200, { speaker: "persona" })).partial).toBe("and why");
  expect(withUtterance(partial, said("u3", 200, { typed: true })).partial).toBe("and why");
  // An amendment is of the turn before.
  expect(withUtterance(partial, said("u1", 100, { text: "more" })).partial).toBe("and why");
});

it("are the same object where nothing changed", () => {
  const partial = withPartial(NO_CAPTIONS, "a");
  expect(withPartial(partial, "a")).toBe(partial);
});

it("know the last words of a side", () => {
  const captions = all(said("u1", 1, { speaker: "persona" }), said("u2", 2));
  expect(lastBy(captions, "persona")?.id).toBe("u1");
  expect(lastBy(NO_CAPTIONS, "rep")).toBeUndefined();
});
