import type { ServerMessage } from "../protocol/messages";
import { withoutPauses, type Span } from "./coaching-spans";

/** What is said after that, and never settles, was no word: longer than any turn waits for its words. */
const SETTLES_WITHIN_MS = 6000;

/** A time in which a voice was on; null while it still is. */
interface Stretch {
  startMs: number;
  endMs: number | null;
}

/** Whose voice is or was on, as far as no utterance tells it yet. */
export interface Voices {
  rep: readonly Stretch[];
  persona: readonly Stretch[];
  /** When the recogniser last told what the rep is saying. */
  partialAtMs: number;
}

export const SILENT: Voices = { rep: [], persona: [], partialAtMs: 0 };

/** What is known of the voices by a message that came at a moment of the call's clock. */
export function hear(voices: Voices, message: ServerMessage, nowMs: number): Voices {
  switch (message.type) {
    case "call.connected":
    case "call.resumed":
    case "call.ended":
      // What was missed meanwhile is not known.
      return SILENT;
    case "call.held":
      return { ...voices, rep: ended(voices.rep, message.at_ms), persona: ended(voices.persona, message.at_ms) };
    case "rep.started":
      return { ...voices, rep: begun(voices.rep, message.at_ms, nowMs) };
    case "rep.stopped":
      return { ...voices, rep: ended(voices.rep, message.at_ms) };
    case "transcript.partial":
      return { ...voices, partialAtMs: nowMs };
    case "reply.started":
      return { ...voices, persona: [{ startMs: message.at_ms, endMs: null }] };
    case "reply.resumed":
      return { ...voices, persona: begun(voices.persona, message.at_ms, nowMs) };
    case "reply.paused":
      return { ...voices, persona: ended(voices.persona, message.at_ms) };
    case "reply.ended":
    case "reply.interrupted":
      // What was heard of it is an utterance by now.
      return { ...voices, persona: [] };
    case "utterance": {
      const { speaker, end_ms, typed } = message.utterance;
      return typed ? voices : { ...voices, [speaker]: settled(voices[speaker], end_ms) };
    }
    default:
      return voices;
  }
}

/** The talk that no utterance tells yet. */
export function unsettled(stretches: readonly Stretch[], nowMs: number): Span[] {
  const spans = stretches.map(({ startMs, endMs }) => ({ startMs, endMs: endMs ?? Math.max(startMs, nowMs) }));
  const last = spans.at(-1);
  if (last === undefined || last.endMs + SETTLES_WITHIN_MS < nowMs) return [];
  return withoutPauses(spans.filter(({ startMs, endMs }) => startMs < endMs));
}

/** Whether a voice is on. */
export const isOn = (stretches: readonly Stretch[]): boolean => stretches.at(-1)?.endMs === null;

function begun(stretches: readonly Stretch[], atMs: number, nowMs: number): readonly Stretch[] {
  const last = stretches.at(-1);
  if (last?.endMs === null) return stretches;
  // Who goes on with a turn is told with its beginning; when they went on is about now.
  const startMs = last !== undefined && atMs < last.endMs ? Math.max(last.endMs, nowMs) : atMs;
  return [...stretches, { startMs, endMs: null }];
}

function ended(stretches: readonly Stretch[], atMs: number): readonly Stretch[] {
  const last = stretches.at(-1);
  if (last?.endMs !== null) return stretches;
  return [...stretches.slice(0, -1), { startMs: last.startMs, endMs: Math.max(last.startMs, atMs) }];
}

/** Without what an utterance tells that ends at a moment. A voice that is on has gone on to the next. */
function settled(stretches: readonly Stretch[], untilMs: number): readonly Stretch[] {
  return stretches.flatMap((stretch) => {
    if (untilMs <= stretch.startMs) return [stretch];
    return stretch.endMs === null ? [{ startMs: untilMs, endMs: null }] : [];
  });
}
