import { after, before, lengthOf, startOfLast, type Span } from "./coaching-spans";
import { monologuesOf, type Talk } from "./coaching-talk";
import { isOn, unsettled, type Voices } from "./coaching-voices";
import { tokensOf } from "./coaching-words";

/** Pace is that of the last so much of the rep's own talk. */
export const PACE_WINDOW_MS = 30_000;

// The least that tells a pace: `min_wpm_tokens` and `min_wpm_ms` of docs/KPI.md.
const PACE_TOKENS = 20;
const PACE_TALK_MS = 10_000;

/** A recogniser tells a word about so long after it was said. */
const PARTIAL_LAG_MS = 500;

const MINUTE_MS = 60_000;

/** The numbers of a call while it runs. With everything settled they are those of docs/KPI.md. */
export interface Numbers {
  /** The rep's talk and the persona's, added up. */
  talkMs: number;
  /** The rep's share of that, 0 to 1. Null: nobody has spoken. */
  repShare: number | null;
  /** Words a minute over the last of the rep's talk. Null: too little of it. */
  paceWpm: number | null;
  /** The same of words that are settled: a recogniser that lags makes who speaks slower. */
  settledPaceWpm: number | null;
  /** How long the rep has been talking, up to now or to the last word; 0 when the persona spoke after. */
  monologueMs: number;
  /** How long nobody has spoken; 0 while somebody does. Null: nobody has yet. */
  silenceMs: number | null;
}

/** What can be told at a moment of the call's clock. */
export function numbersAt(talk: Talk, voices: Voices, partial: string, nowMs: number): Numbers {
  const [rep, persona] = [unsettled(voices.rep, nowMs), unsettled(voices.persona, nowMs)];
  const repMs = talk.rep.talkMs + lengthOf(rep);
  const talkMs = repMs + talk.persona.talkMs + lengthOf(persona);
  return {
    talkMs,
    repShare: talkMs === 0 ? null : repMs / talkMs,
    paceWpm: pace(talk, before(rep, voices.partialAtMs - PARTIAL_LAG_MS), tokensOf(partial).length),
    settledPaceWpm: pace(talk, [], 0),
    monologueMs: monologue(talk, rep, persona),
    silenceMs: isOn(voices.rep) || isOn(voices.persona) ? 0 : silence(talk, [...rep, ...persona], nowMs),
  };
}

/** Of talk that no utterance tells yet, `tokens` are known; they lie evenly in it. */
function pace({ rep }: Talk, open: readonly Span[], tokens: number): number | null {
  const heard = tokens === 0 ? [] : open;
  const spans = [...rep.talk, ...heard];
  const fromMs = startOfLast(spans, PACE_WINDOW_MS);
  const talkMs = Math.min(PACE_WINDOW_MS, rep.talkMs + lengthOf(heard));
  let said = heard.length === 0 ? 0 : (tokens * lengthOf(after(heard, fromMs))) / lengthOf(heard);
  for (const { endMs, tokensMs } of rep.spoken) {
    if (endMs < fromMs) continue;
    for (const tokenMs of tokensMs) if (fromMs <= tokenMs) said += 1;
  }
  return said < PACE_TOKENS || talkMs < PACE_TALK_MS ? null : (said * MINUTE_MS) / talkMs;
}

function monologue({ rep, persona }: Talk, open: readonly Span[], openPersona: readonly Span[]): number {
  const startsMs = [...persona.startsMs.slice(-1), ...openPersona.slice(0, 1).map(({ startMs }) => startMs)];
  const cutMs = Math.max(0, ...startsMs);
  // A monologue ends where the persona starts: what lies before the last time cannot be part of it.
  const talk = [...after(rep.turnTalk, cutMs), ...after(open, cutMs)];
  const others = { startsMs, turnTalk: [...after(persona.turnTalk, cutMs), ...openPersona] };
  return lengthOf(monologuesOf(talk, others).slice(-1));
}

function silence({ rep, persona }: Talk, open: readonly Span[], nowMs: number): number | null {
  const ends = [...rep.talk.slice(-1), ...persona.talk.slice(-1), ...open].map(({ endMs }) => endMs);
  return ends.length === 0 ? null : Math.max(0, nowMs - Math.max(...ends));
}
