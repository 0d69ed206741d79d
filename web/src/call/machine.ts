import { lastBy, withPartial, withUtterance } from "./captions";
import { hear } from "./coaching-voices";
import type { CallEvent, Effect, Timer } from "./events";
import { nextRung, whyCarried, type Cause } from "./ladder";
import type { ServerMessage } from "../protocol/messages";
import type { CallState, Fault, OpenedCall } from "./state";

/** How long the server may take to say goodbye before the call is ended from outside. */
export const GOODBYE_WITHIN_MS = 3000;

/** How long to wait before a try that may succeed now. */
export const RETRY_MS = 700;

/** A call whose connection broke can be told to be gone within 3 s; after twice that somebody else has it. */
export const TAKEN_AFTER_MS = 6000;

/** A server that was killed comes back within that, or not by itself. */
export const GIVE_UP_AFTER_MS = 60_000;

/** How long a call that was never connected is tried, where the server does not answer. */
export const CONNECT_WITHIN_MS = 20_000;

export interface Step {
  state: CallState;
  effects: Effect[];
}

/** What becomes of a call by an event. Reads no clock and touches nothing: whoever calls it does what it says. */
export function step(state: CallState, event: CallEvent, nowMs: number): Step {
  switch (event.type) {
    case "started": {
      if (event.kept === null) return { state, effects: [{ type: "ask_tabs" }] };
      const { call, connectedAtMs, utterances } = event.kept;
      return { state: { ...state, call, connectedAtMs, captions: { utterances, partial: "" } }, effects: [{ type: "ask_tabs" }] };
    }
    case "other_tab":
      if (state.phase.at !== "opening") return same(state);
      if (event.hasCall) return same({ ...state, phase: { at: "elsewhere", wasTaken: false } });
      return { state, effects: [{ type: "open_microphone" }] };
    case "taken":
      return { state: { ...state, phase: { at: "elsewhere", wasTaken: true } }, effects: [{ type: "let_go" }, { type: "forget" }] };
    case "take_over":
      if (state.phase.at !== "elsewhere") return same(state);
      return { state: { ...state, phase: { at: "opening" } }, effects: [{ type: "take_over" }] };
    case "microphone_opened":
    case "microphone_failed":
    case "microphone_muted":
    case "microphone_ended":
    case "microphone_plugged":
    case "choose_microphone":
    case "type_instead":
      return microphone(state, event, nowMs);
    case "call_opened":
      return opened(state, event.call, nowMs);
    case "call_refused":
      return refused(state, event.fault, nowMs);
    case "link_up":
    case "link_down":
    case "link_lost":
    case "path":
    case "message":
      return event.link === state.trying.link ? link(state, event, nowMs) : same(state);
    case "timer":
      return timer(state, event.timer);
    case "looked_up":
      return lookedUp(state, event.end, nowMs);
    case "look_up_failed":
      return lookUpFailed(state, event.cause, nowMs);
    case "ended_by_request":
      return state.phase.at === "ending" ? over(state, "rep_hung_up", lengthUntil(state, nowMs)) : same(state);
    case "network":
      return network(state, event.isOffline, nowMs);
    case "sound_blocked":
      return same({ ...state, isSoundBlocked: event.isBlocked });
    case "speakers":
      return same({ ...state, hasNoSpeaker: event.hasNone });
    case "mute":
      return { state: { ...state, isMuted: event.isMuted }, effects: [{ type: "set_muted", isMuted: event.isMuted }] };
    case "say":
      return { state, effects: state.phase.at === "live" ? [{ type: "send_say", text: event.text }] : [] };
    case "hang_up":
      return hangUp(state);
    case "retry":
      return retry(state, nowMs);
    case "hear":
      return { state, effects: [{ type: "unblock_sound" }] };
  }
}

type MicrophoneEvent = Extract<CallEvent, { type: `microphone_${string}` | "choose_microphone" | "type_instead" }>;

function microphone(state: CallState, event: MicrophoneEvent, nowMs: number): Step {
  if (!isUnderWay(state)) return same(state);
  const isBefore = state.phase.at === "opening";
  switch (event.type) {
    case "microphone_opened": {
      const isOther = state.microphone?.what === "lost";
      const notice = isOther ? ({ what: "replaced", label: event.label } as const) : null;
      const hasEcho = event.echoCancellation === "off";
      const next: CallState = { ...state, microphoneLabel: event.label, microphone: notice, hasEcho };
      const effects: Effect[] = [{ type: "set_muted", isMuted: state.isMuted }];
      if (!isBefore) return { state: { ...next, voice: "microphone" }, effects };
      if (state.call === null) return { state: next, effects: [...effects, { type: "keep" }, { type: "open_call" }] };
      const connecting = connect(next, state.call, nowMs);
      return { ...connecting, effects: [...effects, ...connecting.effects] };
    }
    case "microphone_failed":
      if (isBefore) return failed(state, { what: "microphone", fault: event.fault });
      if (event.hasOther) return same({ ...state, microphone: { what: "not_opened", fault: event.fault } });
      return { state: { ...state, microphone: { what: "lost", fault: event.fault }, hasEcho: false }, effects: [{ type: "open_silence" }] };
    case "microphone_muted":
      if (event.isMuted) return same({ ...state, microphone: { what: "muted_by_system" } });
      return same(state.microphone?.what === "muted_by_system" ? { ...state, microphone: null } : state);
    case "microphone_ended":
      // The next one that the browser offers, if there is one.
      return { state: { ...state, microphone: { what: "lost", fault: "missing" } }, effects: [{ type: "open_microphone" }] };
    case "microphone_plugged":
      return { state, effects: state.microphone?.what === "lost" ? [{ type: "open_microphone" }] : [] };
    case "choose_microphone":
      return { state: { ...state, microphone: null }, effects: [{ type: "open_microphone", deviceId: event.deviceId }] };
    case "type_instead": {
      if (state.phase.at !== "failed") return { state: { ...state, voice: "typing", hasEcho: false }, effects: [{ type: "open_silence" }] };
      const typing: CallState = { ...state, voice: "typing", phase: { at: "opening" } };
      if (state.call === null) return { state: typing, effects: [{ type: "open_silence" }, { type: "keep" }, { type: "open_call" }] };
      const connecting = connect(typing, state.call, nowMs);
      return { ...connecting, effects: [{ type: "open_silence" }, ...connecting.effects] };
    }
  }
}

function opened(state: CallState, call: OpenedCall, nowMs: number): Step {
  const isFirst = state.phase.at === "opening";
  if (!isFirst && !isTrying(state)) return same(state);
  const connecting = connect({ ...state, call }, call, isFirst ? nowMs : state.trying.sinceMs);
  return { ...connecting, effects: [{ type: "keep" }, ...connecting.effects] };
}

function refused(state: CallState, fault: Fault, nowMs: number): Step {
  const isPatient = fault.what === "unreachable" && state.phase.at === "reconnecting";
  return isPatient ? again(state, nowMs) : failed(state, fault);
}

/** The first try of some to connect. */
function connect(state: CallState, call: OpenedCall, sinceMs: number): Step {
  const { trying } = state;
  const link = trying.link + 1;
  const first = state.connectedAtMs === null ? ({ at: "connecting" } as const) : ({ at: "reconnecting", isServerAway: false } as const);
  const phase = state.phase.at === "opening" ? first : state.phase;
  return {
    state: { ...state, phase, trying: { ...trying, link, sinceMs } },
    effects: [{ type: "connect", link, rung: trying.rung, call }],
  };
}

type LinkEvent = Extract<CallEvent, { link: number }>;

function link(state: CallState, event: LinkEvent, nowMs: number): Step {
  if (!isUnderWay(state)) return same(state);
  switch (event.type) {
    case "link_up": {
      if (state.phase.at === "ending") return { state, effects: [{ type: "send_hang_up" }] };
      if (!isTrying(state)) return same(state);
      const isKnown = state.connectedAtMs !== null;
      const trying = { ...state.trying, isRenewed: false };
      // The first connection counts once the server says so: it is 0 on the call's clock.
      return same({ ...state, trying, phase: isKnown ? { at: "live" } : { at: "connecting" } });
    }
    case "link_down":
      if (state.phase.at !== "live") return same(state);
      return same({ ...state, phase: { at: "reconnecting", isServerAway: false }, trying: { ...state.trying, sinceMs: nowMs } });
    case "link_lost":
      return lost(state, event.cause, nowMs);
    case "path":
      return same({ ...state, path: event.path, trying: { ...state.trying, why: whyCarried(event.path.protocol, state.trying.why) } });
    case "message":
      return message(state, event.message, nowMs);
  }
}

/** A connection did not come about, or broke. */
function lost(state: CallState, cause: Cause, nowMs: number): Step {
  const { call, phase } = state;
  if (call === null) return same(state);
  if (phase.at === "ending") return { state, effects: [{ type: "end_by_request", call }] };
  if (phase.at === "live") {
    const trying = { ...state.trying, sinceMs: nowMs };
    return lost({ ...state, trying, phase: { at: "reconnecting", isServerAway: false } }, cause, nowMs);
  }
  if (!isTrying(state)) return same(state);
  const waitedMs = nowMs - state.trying.sinceMs;
  const next = nextRung(state.trying.rung, cause);
  if (next !== null) return connect({ ...state, path: null, trying: { ...state.trying, ...next } }, call, state.trying.sinceMs);
  switch (cause) {
    case "unknown_call":
      return { state, effects: [{ type: "look_up", call }] };
    case "token":
      if (state.trying.isRenewed) return failed(state, { what: "expired" });
      // The key that opened the call brings a token that is signed anew.
      return { state: { ...state, trying: { ...state.trying, isRenewed: true } }, effects: [{ type: "open_call" }] };
    case "already_connected":
      return waitedMs < TAKEN_AFTER_MS ? again(state, nowMs) : failed(state, { what: "taken" });
    case "no_ice":
    case "no_webrtc":
    case "unusable":
      return failed(state, { what: "no_way" });
    case "unreachable":
    case "busy":
    case "broken":
      return again(state, nowMs, cause);
  }
}

/** Tries again in a moment, unless that went on for too long. */
function again(state: CallState, nowMs: number, cause: Cause = "unreachable"): Step {
  const limitMs = state.phase.at === "connecting" ? CONNECT_WITHIN_MS : GIVE_UP_AFTER_MS;
  if (limitMs <= nowMs - state.trying.sinceMs) {
    // A server that answers, and a way that breaks each time: the network lets nothing through.
    const isBarred = cause === "broken" && state.phase.at === "connecting";
    return failed(state, { what: isBarred ? "no_way" : cause === "busy" ? "busy" : "unreachable" });
  }
  const isServerAway = cause === "unreachable";
  const phase = state.phase.at === "reconnecting" ? ({ at: "reconnecting", isServerAway } as const) : state.phase;
  return { state: { ...state, phase }, effects: [{ type: "after", timer: "retry", ms: RETRY_MS }] };
}

function timer(state: CallState, timer: Timer): Step {
  const { call, phase } = state;
  if (call === null) return same(state);
  if (timer === "goodbye") {
    return phase.at === "ending" ? { state, effects: [{ type: "end_by_request", call }] } : same(state);
  }
  return isTrying(state) ? connect(state, call, state.trying.sinceMs) : same(state);
}

function lookedUp(state: CallState, end: { reason: string; lengthMs: number | null } | null, nowMs: number): Step {
  if (!isTrying(state)) return same(state);
  return end === null ? again(state, nowMs, "broken") : over(state, end.reason, end.lengthMs);
}

function lookUpFailed(state: CallState, cause: "unreachable" | "unknown_call" | "token", nowMs: number): Step {
  if (!isTrying(state)) return same(state);
  if (cause === "unreachable") return again(state, nowMs);
  return failed(state, { what: cause === "token" ? "signed_out" : "unknown_call" });
}

function network(state: CallState, isOffline: boolean, nowMs: number): Step {
  const next = { ...state, isOffline };
  const isBack = state.isOffline && !isOffline && state.phase.at === "reconnecting";
  return isBack && state.call !== null ? connect(next, state.call, Math.min(nowMs, state.trying.sinceMs)) : same(next);
}

function hangUp(state: CallState): Step {
  const { call, phase } = state;
  const ending: CallState = { ...state, phase: { at: "ending" } };
  switch (phase.at) {
    case "live":
      return { state: ending, effects: [{ type: "send_hang_up" }, { type: "after", timer: "goodbye", ms: GOODBYE_WITHIN_MS }] };
    case "opening":
    case "connecting":
    case "reconnecting":
      // Nobody is connected who could be told, so it is ended from outside.
      if (call === null) return over(state, "rep_hung_up", null);
      return { state: ending, effects: [{ type: "end_by_request", call }] };
    case "failed":
      return { state, effects: call === null ? [{ type: "forget" }] : [{ type: "end_by_request", call }, { type: "let_go" }, { type: "forget" }] };
    case "elsewhere":
    case "ending":
    case "over":
      return same(state);
  }
}

/** The person wants to try again what failed. */
function retry(state: CallState, nowMs: number): Step {
  if (state.phase.at !== "failed") return same(state);
  const { fault } = state.phase;
  const isSilent = fault.what === "microphone";
  const trying = { ...state.trying, rung: "udp", why: null, isRenewed: false, sinceMs: nowMs } as const;
  const next: CallState = { ...state, trying, phase: { at: "opening" } };
  if (isSilent || state.microphoneLabel === "") {
    return { state: next, effects: state.voice === "typing" ? [{ type: "open_silence" }, { type: "open_call" }] : [{ type: "open_microphone" }] };
  }
  if (state.call === null) return { state: next, effects: [{ type: "open_call" }] };
  const phase = state.connectedAtMs === null ? next.phase : ({ at: "reconnecting", isServerAway: true } as const);
  return connect({ ...next, phase }, state.call, nowMs);
}

function message(before: CallState, message: ServerMessage, nowMs: number): Step {
  const state: CallState = { ...before, voices: hear(before.voices, message, nowMs - (before.connectedAtMs ?? nowMs)) };
  switch (message.type) {
    case "call.connected":
      return { state: { ...live(state), connectedAtMs: nowMs, doing: "listening" }, effects: [{ type: "keep" }] };
    case "call.resumed":
      return same({ ...live(state), isHeld: false, connectedAtMs: state.connectedAtMs ?? nowMs - message.at_ms });
    case "call.held":
      return same({ ...state, isHeld: true, doing: "waiting", isRepSpeaking: false });
    case "rep.started":
      return same({ ...state, isRepSpeaking: true });
    case "rep.stopped":
      return same({ ...state, isRepSpeaking: false });
    case "transcript.partial":
      return same({ ...state, captions: withPartial(state.captions, message.text) });
    case "utterance":
      return { state: { ...state, captions: withUtterance(state.captions, message.utterance) }, effects: [{ type: "keep" }] };
    case "reply.thinking":
      return same({ ...state, doing: "thinking" });
    case "reply.started":
    case "reply.resumed":
      return same({ ...state, doing: "speaking" });
    case "reply.paused":
      return same({ ...state, doing: "waiting" });
    case "reply.ended":
    case "reply.interrupted":
      return same({ ...state, doing: "listening" });
    case "call.listeners":
      return same({ ...state, listeners: message.listeners });
    case "call.ended":
      return over(state, message.reason, message.at_ms);
    case "error":
      return complaint(state, message.code, nowMs);
    case "ready":
    case "pause":
    case "resume":
    case "clear":
      // How to play is the carrier's own business.
      return same(state);
  }
}

function complaint(state: CallState, code: string, nowMs: number): Step {
  switch (code) {
    case "already_connected":
    case "unknown_call":
      return lost(state, code, nowMs);
    case "unknown_type":
      return same({ ...state, cannotType: true });
    default:
      return same(state);
  }
}

function over(state: CallState, reason: string, lengthMs: number | null): Step {
  const captions = withPartial(state.captions, "");
  const phase = { at: "over", reason, lengthMs } as const;
  return { state: { ...state, phase, captions, doing: "waiting", isRepSpeaking: false, listeners: [] }, effects: [{ type: "let_go" }, { type: "forget" }] };
}

/** The call cannot go on by itself. What was kept stays, so that it can be tried again. */
function failed(state: CallState, fault: Fault): Step {
  return { state: { ...state, phase: { at: "failed", fault } }, effects: [{ type: "disconnect" }] };
}

const same = (state: CallState): Step => ({ state, effects: [] });

const isTrying = ({ phase }: CallState): boolean => phase.at === "connecting" || phase.at === "reconnecting";

/** Whether something can still become of it here. */
const isUnderWay = ({ phase }: CallState): boolean => phase.at !== "over" && phase.at !== "elsewhere";

const live = (state: CallState): CallState => (isTrying(state) ? { ...state, phase: { at: "live" } } : state);

const lengthUntil = ({ connectedAtMs }: CallState, nowMs: number): number | null =>
  connectedAtMs === null ? null : Math.max(0, nowMs - connectedAtMs);

/** What the persona said last: the words somebody who hung up left with. */
export const lastWords = ({ captions }: CallState): string | undefined => lastBy(captions, "persona")?.text;
