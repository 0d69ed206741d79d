import type { Utterance } from "../protocol/messages";
import type { Coaching } from "./coaching-aims";
import { dismiss, nextHinting, NO_HINTS, type Hint, type Hinting, type HintKind } from "./coaching-hints";
import { numbersAt, type Numbers } from "./coaching-numbers";
import { talkOf, type Talk } from "./coaching-talk";
import { isOn } from "./coaching-voices";
import type { CallState } from "./state";

/** Talk of less than that has no share worth a look. */
const SHARE_FROM_MS = 10_000;

/** Pace is told in steps of that: nobody speaks by single words a minute. */
const PACE_STEP_WPM = 5;

/** Shorter silences are breaths, and not counted up. */
const SILENCE_FROM_MS = 2000;

/** Who has the word now, and for how long. */
export type Now = { who: "rep" | "nobody"; seconds: number } | { who: "persona" };

/** What coaching shows. It is the same object until something of it changes. */
export interface Coached {
  /** The rep's share of the talk in whole percents. Null: not enough talk yet. */
  sharePercent: number | null;
  /** Words a minute. Null: not enough talk yet. */
  paceWpm: number | null;
  /** Null: nobody has spoken, or the call is not live. */
  now: Now | null;
  hint: Hint | null;
}

export const NOTHING_COACHED: Coached = { sharePercent: null, paceWpm: null, now: null, hint: null };

/** Follows a call and tells what to show of it, as often as it is asked. */
export class Coach {
  readonly #coaching: Coaching;
  #settled: { utterances: readonly Utterance[]; talk: Talk } | null = null;
  #hinting: Hinting;
  #coached: Coached = NOTHING_COACHED;

  constructor(coaching: Coaching, dismissed: readonly HintKind[]) {
    this.#coaching = coaching;
    this.#hinting = { ...NO_HINTS, dismissed };
  }

  /** What to show now. */
  follow(state: CallState, isTyping: boolean, nowMs: number): Coached {
    const { connectedAtMs, captions, voices, doing } = state;
    if (connectedAtMs === null) return this.#coached;
    const callMs = Math.max(0, nowMs - connectedAtMs);
    const talk = this.#talk(captions.utterances);
    const isLive = state.phase.at === "live" && !state.isHeld;
    const numbers = numbersAt(talk, voices, captions.partial, callMs);
    const sinceSaidMs = talk.lastSaidMs === null ? callMs : callMs - talk.lastSaidMs;
    // Whoever typed has said something, though there was no sound.
    const silenceMs = numbers.silenceMs === null ? null : Math.min(numbers.silenceMs, Math.max(0, sinceSaidMs));
    const isRepsTurn = doing === "listening" && !isTyping;
    const situation = { numbers: { ...numbers, silenceMs }, isLive, isPersonaSpeaking: isOn(voices.persona), isRepsTurn };
    this.#hinting = nextHinting(this.#hinting, situation, this.#coaching.aims, callMs);
    return this.#shown(numbers, isLive ? nowOf(situation.numbers, isOn(voices.persona)) : null);
  }

  /** Takes the hint that is shown away for the rest of the call. */
  dismiss({ connectedAtMs }: CallState, nowMs: number): Coached {
    this.#hinting = dismiss(this.#hinting, nowMs - (connectedAtMs ?? nowMs));
    this.#coached = { ...this.#coached, hint: null };
    return this.#coached;
  }

  /** What shall not be told again in this call. */
  get dismissed(): readonly HintKind[] {
    return this.#hinting.dismissed;
  }

  /** What is settled is counted once, not at every look. */
  #talk(utterances: readonly Utterance[]): Talk {
    if (this.#settled?.utterances !== utterances) this.#settled = { utterances, talk: talkOf(utterances, this.#coaching.isEnglish) };
    return this.#settled.talk;
  }

  #shown({ talkMs, repShare, paceWpm }: Numbers, now: Now | null): Coached {
    const { shown } = this.#hinting;
    const next: Coached = {
      sharePercent: repShare === null || talkMs < SHARE_FROM_MS ? null : Math.round(100 * repShare),
      paceWpm: paceWpm === null ? null : PACE_STEP_WPM * Math.round(paceWpm / PACE_STEP_WPM),
      now,
      hint: shown,
    };
    if (!isSame(this.#coached, next)) this.#coached = next;
    return this.#coached;
  }
}

function nowOf({ monologueMs, silenceMs }: Numbers, isPersonaSpeaking: boolean): Now | null {
  if (isPersonaSpeaking) return { who: "persona" };
  if (silenceMs === null) return null;
  if (SILENCE_FROM_MS <= silenceMs) return { who: "nobody", seconds: Math.floor(silenceMs / 1000) };
  // A breath after somebody spoke is still theirs.
  return 0 < monologueMs ? { who: "rep", seconds: Math.floor(monologueMs / 1000) } : { who: "persona" };
}

function isSame(one: Coached, other: Coached): boolean {
  const isSameNow = one.now?.who === other.now?.who && secondsOf(one.now) === secondsOf(other.now);
  return isSameNow && one.sharePercent === other.sharePercent && one.paceWpm === other.paceWpm && one.hint === other.hint;
}

const secondsOf = (now: Now | null): number | null => (now === null || now.who === "persona" ? null : now.seconds);
