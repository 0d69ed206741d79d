import type { Scenario } from "../api/scenarios";

/** Where a number should lie. */
export interface Aim {
  min: number | null;
  max: number | null;
  /** The scenario names none, so that it is the usual one. */
  isUsual: boolean;
}

/** What a call is coached towards. */
export interface Aims {
  /** The rep's share of the talk, 0 to 1. */
  share: Aim;
  /** Words a minute. */
  pace: Aim;
  /** The longest monologue, in milliseconds. */
  monologue: Aim;
}

/** What coaching knows of a scenario. */
export interface Coaching {
  aims: Aims;
  isEnglish: boolean;
}

/** From how much on, where a scenario does not say, as docs/PAGE.md tells; the last is `monologue_ms` of docs/KPI.md. */
const USUAL_MAX = { share: 0.65, pace: 180, monologue: 60_000 };

/** What a scenario is coached by; null where it is a test, in which nobody is. */
export function coachingOf(scenario: Pick<Scenario, "targets" | "language">): Coaching | null {
  // A server that does not say coaches.
  if ("coaching" in scenario && scenario.coaching === false) return null;
  const aimOf = (path: string, usualMax: number): Aim => {
    const target = scenario.targets[path];
    if (target === undefined) return { min: null, max: usualMax, isUsual: true };
    return { min: target.min ?? null, max: target.max ?? null, isUsual: false };
  };
  return {
    aims: {
      share: aimOf("call.talk_listen.rep_share", USUAL_MAX.share),
      pace: aimOf("rep.wpm", USUAL_MAX.pace),
      monologue: aimOf("rep.longest_monologue_ms", USUAL_MAX.monologue),
    },
    isEnglish: /^en(?:-|$)/iu.test(scenario.language),
  };
}
