import { expect, it } from "vitest";

import type { Scenario } from "../../api/scenarios";
import { targetsOf } from "./targets";

function aims(targets: Scenario["targets"]): string[] {
  const told = targetsOf({ targets } as Scenario);
  return told.map(({ name, aim }) => `${name}: ${aim}`);
}

it("tells targets with their units", () => {
  expect(
    aims({
      "call.talk_listen.rep_share": { min: 0.35, max: 0.65 },
      "rep.wpm": { min: 120, max: 180 },
      "rep.longest_monologue_ms": { max: 60_000 },
    }),
  ).toEqual([
    "Longest time you talk at a stretch: at most 1 min",
    "Pace: 120 to 180 words a minute",
    "Your share of the talking: 35 to 65 %",
  ]);
});

it("tells lengths as people do", () => {
  const aim = (max: number) => aims({ "rep.longest_monologue_ms": { max } })[0]?.split(": ")[1];
  expect(aim(800)).toBe("at most 800 ms");
  expect(aim(2500)).toBe("at most 2.5 s");
  expect(aim(90_000)).toBe("at most 1:30 min");
  expect(aim(120_000)).toBe("at most 2 min");
  expect(aims({ "rep.response_ms.median": { min: 500, max: 2000 } })).toEqual(["Time before you answer: 500 ms to 2 s"]);
});

it("tells one end alone, and counts without a unit", () => {
  expect(aims({ "rep.questions.open": { min: 3 } })).toEqual(["Open questions: at least 3"]);
  expect(aims({ "rep.fillers.per_min": { max: 4.5 } })).toEqual(["Fillers: at most 4.5 a minute"]);
  expect(aims({ "call.silence_share": { max: 0.125 } })).toEqual(["Silence: at most 12.5 %"]);
});

it("reads the name of a number it does not know", () => {
  expect(aims({ "rep.smiles.per_10_min": { min: 2 } })).toEqual(["Smiles per 10 min: at least 2 in ten minutes"]);
  expect(aims({ "rep.rapport_share": { min: 0.5 } })).toEqual(["Rapport: at least 50 %"]);
});
