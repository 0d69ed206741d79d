import { NO_CAPTIONS, withPartial, withUtterance, type Captions } from "../../call/captions";
import { readMessage, type ServerMessage } from "../../protocol/messages";
import { Fields, parseJson } from "../../protocol/reading";
import { LISTEN_RATE } from "./pieces";

/** What a listener is told in words. */
export type ListenMessage = ServerMessage | { type: "listening"; call_id: string };

/** Why somebody cannot listen. */
export type Refusal = "notLive" | "notYours" | "unheard";

export type Phase =
  | { at: "asked" }
  /** `failures` in a row; a call that was heard before is lost, not merely slow to open. */
  | { at: "connecting"; failures: number; wasHeard: boolean }
  | { at: "listening" }
  | { at: "refused"; why: Refusal }
  | { at: "over"; reason: string | null };

/** What somebody who listens sees. */
export interface Listening {
  phase: Phase;
  captions: Captions;
  isRepSpeaking: boolean;
  isPersonaSpeaking: boolean;
  /** Nothing comes from the rep; the buyer waits. */
  isHeld: boolean;
  /** How long the call is by now, in whole seconds of its clock. */
  seconds: number;
}

export type ListenEvent =
  | { type: "pressed" }
  | { type: "stopped" }
  | { type: "message"; message: ListenMessage }
  /** Sound came that ends there on the call's clock. */
  | { type: "sound"; endsAt: number }
  | { type: "closed" }
  | { type: "refused"; why: Refusal }
  /** The server says that the call is no longer live. */
  | { type: "over" };

/** So many failures before anything was heard are no bad luck. */
const MAX_FAILURES = 6;

export const BEFORE: Listening = {
  phase: { at: "asked" },
  captions: NO_CAPTIONS,
  isRepSpeaking: false,
  isPersonaSpeaking: false,
  isHeld: false,
  seconds: 0,
};

/** Reads a text of the listener's socket; null where its type is not known. Throws `Malformed`. */
export function readListenMessage(text: string): ListenMessage | null {
  const fields = new Fields(parseJson(text));
  return fields.text("type") === "listening" ? { type: "listening", call_id: fields.text("call_id") } : readMessage(text);
}

/** What is seen after something happened. */
export function listen(state: Listening, event: ListenEvent): Listening {
  const { phase } = state;
  // What belongs to a connection that was given up changes nothing.
  const isFollowing = phase.at === "connecting" || phase.at === "listening";
  switch (event.type) {
    case "pressed":
      return { ...state, phase: { at: "connecting", failures: 0, wasHeard: false } };
    case "stopped":
      return isFollowing ? { ...quiet(state), phase: { at: "asked" } } : state;
    case "message":
      return isFollowing ? told(state, event.message) : state;
    case "sound": {
      const seconds = Math.floor(event.endsAt / LISTEN_RATE);
      return seconds === state.seconds ? state : { ...state, seconds };
    }
    case "closed":
      return isFollowing ? { ...quiet(state), phase: lost(phase) } : state;
    case "refused":
      return isFollowing ? { ...quiet(state), phase: { at: "refused", why: event.why } } : state;
    case "over":
      return isFollowing ? { ...quiet(state), phase: { at: "over", reason: null } } : state;
  }
}

/** Whether a lost connection is made again. One that was heard is, until somebody stops it or the call is over. */
export const mayTryAgain = (failures: number, wasHeard: boolean): boolean => wasHeard || failures < MAX_FAILURES;

/** How long to wait before the next try, in milliseconds. */
export const waitAfter = (failures: number): number => Math.min(5000, 500 * 2 ** (failures - 1));

function lost(phase: Phase): Phase {
  if (phase.at !== "connecting") return { at: "connecting", failures: 1, wasHeard: true };
  const failures = phase.failures + 1;
  return mayTryAgain(failures, phase.wasHeard) ? { ...phase, failures } : { at: "refused", why: "unheard" };
}

function quiet(state: Listening): Listening {
  return { ...state, captions: withPartial(state.captions, ""), isRepSpeaking: false, isPersonaSpeaking: false };
}

function told(state: Listening, message: ListenMessage): Listening {
  switch (message.type) {
    case "listening":
      return { ...state, phase: { at: "listening" } };
    case "utterance":
      return { ...state, captions: withUtterance(state.captions, message.utterance) };
    case "transcript.partial":
      return { ...state, captions: withPartial(state.captions, message.text) };
    case "rep.started":
      return { ...state, isRepSpeaking: true };
    case "rep.stopped":
      return { ...state, isRepSpeaking: false };
    case "reply.started":
    case "reply.resumed":
      return { ...state, isPersonaSpeaking: true };
    case "reply.ended":
    case "reply.paused":
    case "reply.interrupted":
      return { ...state, isPersonaSpeaking: false };
    case "call.held":
      return { ...quiet(state), isHeld: true };
    case "call.resumed":
      return { ...state, isHeld: false };
    case "call.ended":
      return { ...quiet(state), isHeld: false, phase: { at: "over", reason: message.reason }, seconds: Math.floor(message.at_ms / 1000) };
    default:
      return state;
  }
}
