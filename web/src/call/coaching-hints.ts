import type { Aims } from "./coaching-aims";
import type { Numbers } from "./coaching-numbers";

/** What a hint is about, the more pressing first. */
export const HINT_KINDS = ["monologue", "silence", "share", "fast", "slow", "little"] as const;

export type HintKind = (typeof HINT_KINDS)[number];

/** A hint as it is shown: its number stays what it was when it appeared. */
export interface Hint {
  kind: HintKind;
  /** In the unit of its number: milliseconds, a share, words a minute. */
  value: number;
}

/** How long something has to go on before it is worth a hint. */
export const HOLD_MS = 3000;

/** How long a hint stays at least, so that it can be read, and at most. */
export const SHOWN_LEAST_MS = 6000;
export const SHOWN_MOST_MS = 12_000;

/** No hint comes sooner after the one before has gone. */
export const APART_MS = 20_000;

/** A monologue is told of before it is as long as it may be. */
const MONOLOGUE_PART = 5 / 6;

/** Twice what docs/KPI.md calls a silence: until then somebody thinks. */
const SILENCE_MS = 6000;

/** A share of less talk than that says nothing. */
const SHARE_TALK_MS = 60_000;

/** Nobody speaks slower: the recogniser missed words. */
const SLOWEST_WPM = 60;

/** How far a number has to come back before it may be told of again. */
const SHARE_BACK = 0.03;
const PACE_BACK = 0.05;

/** All that decides about hints, at a moment. */
export interface Situation {
  numbers: Numbers;
  /** The call is live, and hears the rep. */
  isLive: boolean;
  isPersonaSpeaking: boolean;
  /** The persona has nothing to say, and the rep is not typing. */
  isRepsTurn: boolean;
}

interface Risen {
  sinceMs: number;
  /** It was shown, and has to clear before it is shown again. */
  isTold: boolean;
}

/** What is told, and what may be. */
export interface Hinting {
  shown: (Hint & { sinceMs: number }) | null;
  risen: Readonly<Partial<Record<HintKind, Risen>>>;
  goneAtMs: number | null;
  /** Not again in this call. */
  dismissed: readonly HintKind[];
}

export const NO_HINTS: Hinting = { shown: null, risen: {}, goneAtMs: null, dismissed: [] };

/** What becomes of the hints at a moment of the call's clock. */
export function nextHinting(hinting: Hinting, situation: Situation, aims: Aims, nowMs: number): Hinting {
  const risen: Partial<Record<HintKind, Risen>> = {};
  for (const kind of HINT_KINDS) {
    const before = hinting.risen[kind];
    if (situation.isLive && isUp(kind, situation, aims, before !== undefined)) risen[kind] = before ?? { sinceMs: nowMs, isTold: false };
  }
  const next: Hinting = { ...hinting, risen };
  return hinting.shown === null ? withNext(next, situation, nowMs) : withoutOld(next, hinting.shown, nowMs);
}

/** Without the hint that is shown, now and for the rest of the call. */
export function dismiss(hinting: Hinting, nowMs: number): Hinting {
  if (hinting.shown === null) return hinting;
  return { ...hinting, shown: null, goneAtMs: nowMs, dismissed: [...hinting.dismissed, hinting.shown.kind] };
}

function withNext(hinting: Hinting, { isLive, isPersonaSpeaking, numbers }: Situation, nowMs: number): Hinting {
  const isTooSoon = hinting.goneAtMs !== null && nowMs < hinting.goneAtMs + APART_MS;
  // Whoever listens is left to listen; it is all the same a second later.
  if (isTooSoon || isPersonaSpeaking || !isLive) return hinting;
  for (const kind of HINT_KINDS) {
    const risen = hinting.risen[kind];
    if (risen === undefined || risen.isTold || hinting.dismissed.includes(kind) || nowMs < risen.sinceMs + HOLD_MS) continue;
    return { ...hinting, shown: { kind, value: valueOf(kind, numbers), sinceMs: nowMs }, risen: { ...hinting.risen, [kind]: { ...risen, isTold: true } } };
  }
  return hinting;
}

function withoutOld(hinting: Hinting, shown: { kind: HintKind; sinceMs: number }, nowMs: number): Hinting {
  const leastMs = hinting.risen[shown.kind] === undefined ? SHOWN_LEAST_MS : SHOWN_MOST_MS;
  return nowMs < shown.sinceMs + leastMs ? hinting : { ...hinting, shown: null, goneAtMs: nowMs };
}

/** Whether there is reason for a hint. What was up stays so until it is clearly not. */
function isUp(kind: HintKind, { numbers, isRepsTurn }: Situation, { share, pace, monologue }: Aims, wasUp: boolean): boolean {
  const { talkMs, repShare, paceWpm, settledPaceWpm, monologueMs, silenceMs } = numbers;
  const shareBack = wasUp ? SHARE_BACK : 0;
  const paceBack = wasUp ? PACE_BACK : 0;
  const tellsShare = repShare !== null && SHARE_TALK_MS <= talkMs;
  switch (kind) {
    case "monologue":
      // Whoever has fallen silent asks by that.
      return monologue.max !== null && monologue.max * MONOLOGUE_PART <= monologueMs && (wasUp || silenceMs === 0);
    case "silence":
      return isRepsTurn && silenceMs !== null && SILENCE_MS <= silenceMs;
    case "share":
      return tellsShare && share.max !== null && share.max - shareBack < repShare;
    case "little":
      return tellsShare && share.min !== null && repShare < share.min + shareBack;
    case "fast":
      return paceWpm !== null && pace.max !== null && pace.max * (1 - paceBack) < paceWpm;
    case "slow":
      return settledPaceWpm !== null && pace.min !== null && SLOWEST_WPM <= settledPaceWpm && settledPaceWpm < pace.min * (1 + paceBack);
  }
}

function valueOf(kind: HintKind, { repShare, paceWpm, settledPaceWpm, monologueMs, silenceMs }: Numbers): number {
  switch (kind) {
    case "monologue":
      return monologueMs;
    case "silence":
      return silenceMs ?? 0;
    case "share":
    case "little":
      return repShare ?? 0;
    case "fast":
      return paceWpm ?? 0;
    case "slow":
      return settledPaceWpm ?? 0;
  }
}
