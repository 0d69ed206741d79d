import type { Speaker, Utterance } from "../protocol/messages";
import { after, before, lengthOf, unionOf, withoutPauses, type Span } from "./coaching-spans";
import { asks, isListening, tokensOf } from "./coaching-words";

// Names and values as in docs/KPI.md.
const BACKCHANNEL_MAX_TOKENS = 3;
const BACKCHANNEL_MAX_MS = 1000;
const BACKCHANNEL_AFTER_MS = 500;
const BACKCHANNEL_RESUME_MS = 1000;

/** An utterance as the numbers of a call see it. */
interface Said {
  speaker: Speaker;
  startMs: number;
  endMs: number;
  /** What of it is talk; none where it was typed. */
  pieces: readonly Span[];
  /** When each of its tokens was said; none where it was typed. */
  tokensMs: readonly number[];
  /** Its words are those of a listener, and few. */
  mayListen: boolean;
  asks: boolean;
}

/** What one side said. */
export interface SideTalk {
  spoken: readonly Said[];
  talk: readonly Span[];
  talkMs: number;
  /** Its talk without its backchannels. */
  turnTalk: readonly Span[];
  /** Where its utterances start that are no backchannels. */
  startsMs: readonly number[];
}

/** What both sides said, as far as it is settled. */
export interface Talk {
  rep: SideTalk;
  persona: SideTalk;
  /** The end of what was said last, also in writing. */
  lastSaidMs: number | null;
}

/** The talk in utterances, by the definitions of docs/KPI.md. Only English is known to have backchannels. */
export function talkOf(utterances: readonly Utterance[], isEnglish: boolean): Talk {
  const all = utterances.map(saidIn);
  const sideOf = (speaker: Speaker): SideTalk => {
    const [own, others] = [all.filter((said) => said.speaker === speaker), all.filter((said) => said.speaker !== speaker)];
    const turns = own.filter((said) => !(isEnglish && isBackchannel(said, others)));
    const talk = unionOf(own.flatMap(({ pieces }) => pieces));
    return {
      spoken: own.filter(({ pieces }) => pieces.length !== 0),
      talk,
      talkMs: lengthOf(talk),
      turnTalk: unionOf(turns.flatMap(({ pieces }) => pieces)),
      startsMs: turns.map(({ startMs }) => startMs).sort((one, other) => one - other),
    };
  };
  const lastSaidMs = all.length === 0 ? null : Math.max(...all.map(({ endMs }) => endMs));
  return { rep: sideOf("rep"), persona: sideOf("persona"), lastSaidMs };
}

/** How long each time of talk is in which the other side says nothing but backchannels. */
export function monologuesOf(talk: readonly Span[], other: Pick<SideTalk, "turnTalk" | "startsMs">): Span[] {
  const monologues: Span[] = [];
  for (const part of talk.flatMap((span) => split(span, other.startsMs))) {
    const last = monologues.at(-1);
    if (last !== undefined && isJoined(last.endMs, part.startMs, other)) last.endMs = part.endMs;
    else monologues.push({ ...part });
  }
  return monologues;
}

/** Utterances are cut once: they come again with each one that settles after them. */
const known = new WeakMap<Utterance, Said>();

function saidIn(utterance: Utterance): Said {
  const found = known.get(utterance) ?? cut(utterance);
  known.set(utterance, found);
  return found;
}

function cut(utterance: Utterance): Said {
  const pieces = piecesOf(utterance);
  const startMs = pieces[0]?.startMs ?? utterance.start_ms;
  const endMs = pieces.at(-1)?.endMs ?? utterance.end_ms;
  const tokens = tokensOf(utterance.text);
  const { words = [] } = utterance;
  const hasTimes = words.length === tokens.length;
  const timeOf = (_: string, at: number) => startMs + Math.floor((at * (endMs - startMs)) / tokens.length);
  const isShort = tokens.length <= BACKCHANNEL_MAX_TOKENS && endMs - startMs <= BACKCHANNEL_MAX_MS;
  return {
    speaker: utterance.speaker,
    startMs,
    endMs,
    pieces,
    tokensMs: utterance.typed ? [] : hasTimes ? words.map(({ start_ms }) => start_ms) : tokens.map(timeOf),
    mayListen: !utterance.typed && isShort && isListening(tokens),
    asks: asks(tokens),
  };
}

function piecesOf({ typed, words = [], interrupted, start_ms, end_ms }: Utterance): Span[] {
  if (typed) return [];
  const pieces = withoutPauses(words.map((word) => ({ startMs: word.start_ms, endMs: word.end_ms })));
  const last = pieces.at(-1);
  if (interrupted && last !== undefined) last.endMs = end_ms;
  const long = pieces.filter(({ startMs, endMs }) => startMs < endMs);
  return long.length === 0 ? [{ startMs: start_ms, endMs: end_ms }] : long;
}

/** Whether an utterance is the short word of a listener, given what the other side said. */
function isBackchannel(said: Said, others: readonly Said[]): boolean {
  if (!said.mayListen) return false;
  const isWithin = (other: Said) => other.startMs <= said.startMs && (said.endMs <= other.endMs || (!other.asks && said.startMs < other.endMs));
  const hasJustEnded = (other: Said) => !other.asks && said.startMs - BACKCHANNEL_AFTER_MS <= other.endMs && other.endMs <= said.startMs;
  const goesOn = (other: Said) => said.startMs <= other.startMs && other.startMs <= said.endMs + BACKCHANNEL_RESUME_MS;
  return others.some(isWithin) || (others.some(hasJustEnded) && others.some(goesOn));
}

/** The parts of a span between the cuts inside it. */
function split(span: Span, cutsMs: readonly number[]): Span[] {
  const inside = cutsMs.filter((cutMs) => span.startMs < cutMs && cutMs < span.endMs);
  return [...inside, span.endMs].map((endMs, at) => ({ startMs: inside[at - 1] ?? span.startMs, endMs })).filter(({ startMs, endMs }) => startMs < endMs);
}

/** Whether a monologue goes on across a gap: it ends where the other side starts, also at either edge. */
function isJoined(fromMs: number, toMs: number, { startsMs, turnTalk }: Pick<SideTalk, "turnTalk" | "startsMs">): boolean {
  const isCut = startsMs.some((cutMs) => fromMs <= cutMs && cutMs <= toMs);
  return !isCut && before(after(turnTalk, fromMs), toMs).length === 0;
}
