import { expect, it } from "vitest";

import { coachingOf, type Aims } from "./coaching-aims";
import { APART_MS, dismiss, HOLD_MS, nextHinting, NO_HINTS, SHOWN_LEAST_MS, SHOWN_MOST_MS, type Hinting, type Situation } from "./coaching-hints";
import type { Numbers } from "./coaching-numbers";

const AIMS: Aims = {
  share: { min: 0.35, max: 0.65, isUsual: false },
  pace: { min: 120, max: 180, isUsual: false },
  monologue: { min: null, max: 60_000, isUsual: false },
};
const CALM: Numbers = { talkMs: 100_000, repShare: 0.5, paceWpm: 150, settledPaceWpm: 150, monologueMs: 0, silenceMs: 0 };
const situation = (numbers: Partial<Numbers> = {}, more: Partial<Situation> = {}): Situation => ({
  numbers: { ...CALM, ...numbers },
  isLive: true,
  isPersonaSpeaking: false,
  isRepsTurn: true,
  ...more,
});

const TICK_MS = 500;

/** Looks every half second from one moment to another; tells when hints came and went. */
function watch(from: Hinting, fromMs: number, toMs: number, at: (nowMs: number) => Situation, aims = AIMS): { hinting: Hinting; told: string[] } {
  let hinting = from;
  const told: string[] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += TICK_MS) {
    const next = nextHinting(hinting, at(nowMs), aims, nowMs);
    if (next.shown?.sinceMs !== hinting.shown?.sinceMs) told.push(next.shown === null ? `${nowMs} gone` : `${nowMs} ${next.shown.kind} ${next.shown.value}`);
    hinting = next;
  }
  return { hinting, told };
}

it("a monologue is told of at five sixths of what it may last, once it has held, and once alone", () => {
  const { told } = watch(NO_HINTS, 0, 120_000, (nowMs) => situation({ monologueMs: nowMs }));
  expect(told).toEqual(["53000 monologue 53000", `${53_000 + SHOWN_MOST_MS} gone`]);
});

it("it goes when there is no reason any more, but not before it can be read", () => {
  const { told } = watch(NO_HINTS, 0, 120_000, (nowMs) => situation({ monologueMs: nowMs < 54_000 ? nowMs : 0 }));
  expect(told).toEqual(["53000 monologue 53000", `${53_000 + SHOWN_LEAST_MS} gone`]);
});

it("what passes before it has held is not told of", () => {
  const { told } = watch(NO_HINTS, 0, 30_000, (nowMs) => situation({ paceWpm: nowMs % 3000 < 2500 ? 200 : 150 }));
  expect(told).toEqual([]);
});

it("a number around its limit does not flicker", () => {
  // Up at 181, and not down again before 171 (95 % of 180).
  const wavers = watch(NO_HINTS, 0, 120_000, (nowMs) => situation({ paceWpm: nowMs % 1000 === 0 ? 181 : 172 }));
  expect(wavers.told).toEqual([`${HOLD_MS} fast 181`, `${HOLD_MS + SHOWN_MOST_MS} gone`]);
  const falls = watch(NO_HINTS, 0, 120_000, (nowMs) => situation({ paceWpm: nowMs === 50_000 ? 171 : 181 }));
  expect(falls.told.slice(2)).toEqual(["53500 fast 181", "65500 gone"]);
});

it("whoever listens is left to listen", () => {
  const { told } = watch(NO_HINTS, 0, 40_000, (nowMs) => situation({ repShare: 0.7 }, { isPersonaSpeaking: nowMs < 20_000 }));
  expect(told[0]).toBe("20000 share 0.7");
  // One that is shown stays while they begin to speak.
  const shown = watch(NO_HINTS, 0, 9000, (nowMs) => situation({ repShare: 0.7 }, { isPersonaSpeaking: 4000 <= nowMs }));
  expect(shown.told).toEqual(["3000 share 0.7"]);
});

it("two are never shown at once, nor close to each other; the more pressing comes first", () => {
  const { told } = watch(NO_HINTS, 0, 100_000, () => situation({ paceWpm: 200, repShare: 0.7, monologueMs: 55_000 }));
  const goneMs = HOLD_MS + SHOWN_MOST_MS;
  const secondMs = goneMs + APART_MS;
  expect(told.slice(0, 4)).toEqual([`${HOLD_MS} monologue 55000`, `${goneMs} gone`, `${secondMs} share 0.7`, `${secondMs + SHOWN_MOST_MS} gone`]);
  expect(told[4]).toBe(`${secondMs + SHOWN_MOST_MS + APART_MS} fast 200`);
});

it("one that is dismissed does not come again in the call, others do", () => {
  const { hinting } = watch(NO_HINTS, 0, 4000, () => situation({ repShare: 0.7 }));
  const dismissed = dismiss(hinting, 4000);
  expect(dismissed.shown).toBeNull();
  const { told } = watch(dismissed, 4500, 200_000, (nowMs) => situation({ repShare: nowMs < 50_000 ? 0.5 : 0.7, settledPaceWpm: nowMs < 100_000 ? 150 : 100 }));
  expect(told).toEqual(["103000 slow 100", "115000 gone"]);
  expect(dismiss(NO_HINTS, 0)).toBe(NO_HINTS);
});

it("silence is told of where it is the rep who is waited for", () => {
  const quiet = (more: Partial<Situation>) => watch(NO_HINTS, 0, 10_000, (nowMs) => situation({ silenceMs: nowMs }, more)).told;
  expect(quiet({})).toEqual(["9000 silence 9000"]);
  expect(quiet({ isRepsTurn: false })).toEqual([]);
});

it("a share of little talk is not told of, and none while the call is not live", () => {
  const told = (talkMs: number, isLive: boolean) => watch(NO_HINTS, 0, 5000, () => situation({ repShare: 0.2, talkMs }, { isLive })).told;
  expect(told(60_000, true)).toEqual(["3000 little 0.2"]);
  expect(told(59_999, true)).toEqual([]);
  expect(told(60_000, false)).toEqual([]);
});

it("a pace at which nobody speaks is the recogniser's fault", () => {
  const told = (settledPaceWpm: number) => watch(NO_HINTS, 0, 5000, () => situation({ settledPaceWpm })).told;
  expect(told(59)).toEqual([]);
  expect(told(60)).toEqual(["3000 slow 60"]);
  // And so is one of words that are still coming.
  expect(watch(NO_HINTS, 0, 5000, () => situation({ paceWpm: 100 })).told).toEqual([]);
});

it("aims are the scenario's, else the usual ones, which have no lower end", () => {
  const given = { targets: { "rep.wpm": { min: 100 }, "rep.longest_monologue_ms": { max: 30_000 } }, language: "en-US" };
  expect(coachingOf(given)).toEqual({
    isEnglish: true,
    aims: {
      share: { min: null, max: 0.65, isUsual: true },
      pace: { min: 100, max: null, isUsual: false },
      monologue: { min: null, max: 30_000, isUsual: false },
    },
  });
  expect(coachingOf({ targets: {}, language: "es" })).toMatchObject({ isEnglish: false });
  const aims = coachingOf(given)?.aims ?? AIMS;
  // 25 s of 30; no upper end of pace.
  expect(watch(NO_HINTS, 0, 40_000, (nowMs) => situation({ monologueMs: nowMs, paceWpm: 300 }), aims).told).toEqual(["28000 monologue 28000", "40000 gone"]);
});

it("nobody is coached in a test", () => {
  expect(coachingOf({ targets: {}, language: "en", ...{ coaching: false } })).toBeNull();
  expect(coachingOf({ targets: {}, language: "en", ...{ coaching: true } })).not.toBeNull();
});
