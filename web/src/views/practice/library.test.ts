import { expect, it } from "vitest";

import type { Scenario } from "../../api/scenarios";
import { fitting, fromEasy, optionsOf, readLibrary, trainedBy } from "./library";

const criterion = (id: string, weight: number) => ({ id, title: id.toUpperCase(), weight });

function scenario(id: string, difficulty: string, language: string, rubric: Scenario["rubric"]): Scenario {
  const persona = { name: id, role: "a buyer" };
  return { id, version: 1, title: id, difficulty, language, brief: "", persona, first_speaker: "buyer", coaching: true, rubric, targets: {} };
}

const rachel = scenario("rachel", "hard", "en-US", [criterion("opening", 10), criterion("discovery", 60), criterion("close", 30)]);
const omar = scenario("omar", "easy", "ar-EG", [criterion("opening", 100)]);
const ana = scenario("ana", "medium", "en-US", [criterion("opening", 50), criterion("close", 50)]);
const all = [rachel, omar, ana];

const fit = (address: string) => fitting(all, readLibrary(new URLSearchParams(address))).map(({ id }) => id);

it("narrows by what the address says", () => {
  expect(fit("")).toEqual(["rachel", "omar", "ana"]);
  expect(fit("language=en-US")).toEqual(["rachel", "ana"]);
  expect(fit("language=en-US&difficulty=hard")).toEqual(["rachel"]);
  expect(fit("skill=close")).toEqual(["rachel", "ana"]);
  expect(fit("difficulty=impossible")).toEqual([]);
});

it("offers what makes a difference, the easy first", () => {
  expect(optionsOf(all)).toEqual({
    difficulties: ["easy", "medium", "hard"],
    languages: ["ar-EG", "en-US"],
    skills: [
      { value: "discovery", name: "DISCOVERY" },
      { value: "close", name: "CLOSE" },
    ],
  });
  expect(optionsOf([rachel])).toEqual({ difficulties: [], languages: [], skills: [] });
  expect(optionsOf([])).toEqual({ difficulties: [], languages: [], skills: [] });
});

it("puts a difficulty it does not know last", () => {
  expect(optionsOf([scenario("x", "brutal", "en-US", []), rachel]).difficulties).toEqual(["hard", "brutal"]);
});

it("begins with the easy ones", () => {
  expect(fromEasy([scenario("x", "brutal", "en-US", []), ...all]).map(({ id }) => id)).toEqual(["omar", "ana", "rachel", "x"]);
});

it("says what weighs most", () => {
  expect(trainedBy(rachel)).toEqual(["DISCOVERY", "CLOSE", "OPENING"]);
  const four = [criterion("a", 10), criterion("b", 40), criterion("c", 30), criterion("d", 20)];
  expect(trainedBy(scenario("x", "easy", "en-US", four))).toEqual(["B", "C", "D"]);
});
