import { describe, expect, it } from "vitest";

import type { EchoCancellation, ServerMessage, Utterance } from "../protocol/messages";
import type { CallEvent, Effect } from "./events";
import { CONNECT_WITHIN_MS, GIVE_UP_AFTER_MS, lastWords, step, TAKEN_AFTER_MS } from "./machine";
import { NEW_CALL, type CallState, type OpenedCall, type Phase } from "./state";

const CALL: OpenedCall = { id: "01990b1e-5a7c-7d3e-8f21-0c4b9a6d2e10", token: "t", iceServers: [] };
const START_MS = 1_000_000;

/** Events one after the other; the effects are those of the last. */
function run(events: readonly CallEvent[], from: CallState = NEW_CALL, nowMs = START_MS): { state: CallState; effects: Effect[] } {
  let last: { state: CallState; effects: Effect[] } = { state: from, effects: [] };
  for (const event of events) last = step(last.state, event, nowMs);
  return last;
}

const told = (message: ServerMessage, link = 1): CallEvent => ({ type: "message", link, message });
const types = (effects: readonly Effect[]) => effects.map(({ type }) => type);

const BEGUN: CallEvent[] = [
  { type: "started", kept: null },
  { type: "other_tab", hasCall: false },
  { type: "microphone_opened", label: "Headset", echoCancellation: "on" },
];
const CONNECTING: CallEvent[] = [...BEGUN, { type: "call_opened", call: CALL }];
const LIVE: CallEvent[] = [...CONNECTING, { type: "link_up", link: 1 }, told({ type: "call.connected" })];
const LOST: CallEvent[] = [...LIVE, { type: "link_lost", link: 1, cause: "broken" }];

const live = run(LIVE).state;
const reconnecting = run(LOST).state;

const utterance = (speaker: Utterance["speaker"], text: string): Utterance => ({
  id: text,
  speaker,
  start_ms: 1000,
  end_ms: 2000,
  text,
  interrupted: false,
  typed: false,
});

describe("a call begins", () => {
  it("with a look at other tabs, then the microphone, then the call", () => {
    expect(run(BEGUN.slice(0, 1)).effects).toEqual([{ type: "ask_tabs" }]);
    expect(run(BEGUN.slice(0, 2)).effects).toEqual([{ type: "open_microphone" }]);
    expect(types(run(BEGUN).effects)).toEqual(["set_muted", "keep", "open_call"]);
    expect(run(CONNECTING).effects).toEqual([{ type: "keep" }, { type: "connect", link: 1, rung: "udp", call: CALL }]);
  });

  it("once the server says so", () => {
    expect(run(LIVE.slice(0, -1)).state.phase).toEqual({ at: "connecting" });
    expect(live.phase).toEqual({ at: "live" });
    expect(live.connectedAtMs).toBe(START_MS);
  });

  it("not while another tab has one; it can be taken over", () => {
    const { state, effects } = run([{ type: "started", kept: null }, { type: "other_tab", hasCall: true }]);
    expect(state.phase).toEqual({ at: "elsewhere", wasTaken: false });
    expect(effects).toEqual([]);
    expect(run([{ type: "take_over" }], state).effects).toEqual([{ type: "take_over" }]);
  });

  it("again after a reload, with what was said and the clock of before", () => {
    const kept = { scenarioId: "rachel", key: "k", seenAtMs: START_MS - 500, call: CALL, connectedAtMs: START_MS - 60_000, utterances: [utterance("rep", "Hello")] };
    const opened = run([{ type: "started", kept }, { type: "other_tab", hasCall: false }, { type: "microphone_opened", label: "Headset", echoCancellation: "on" }]);
    expect(opened.state.phase).toEqual({ at: "reconnecting", isServerAway: false });
    expect(opened.effects.at(-1)).toEqual({ type: "connect", link: 1, rung: "udp", call: CALL });
    const back = run([{ type: "link_up", link: 1 }], opened.state);
    expect(back.state.phase).toEqual({ at: "live" });
    expect(back.state.connectedAtMs).toBe(START_MS - 60_000);
    expect(back.state.captions.utterances).toHaveLength(1);
  });

  it("without a microphone by typing", () => {
    const { state } = run([{ type: "started", kept: null }, { type: "other_tab", hasCall: false }, { type: "microphone_failed", fault: "refused", hasOther: false }]);
    expect(state.phase).toEqual({ at: "failed", fault: { what: "microphone", fault: "refused" } });
    expect(run([{ type: "retry" }], state).effects).toEqual([{ type: "open_microphone" }]);
    const typing = run([{ type: "type_instead" }], state);
    expect(types(typing.effects)).toEqual(["open_silence", "keep", "open_call"]);
    expect(typing.state.voice).toBe("typing");
    expect(run([{ type: "call_opened", call: CALL }], typing.state).state.phase).toEqual({ at: "connecting" });
  });

  it.each([["busy"], ["unreachable"], ["signed_out"], ["forbidden"], ["unknown_scenario"]] as const)("not when it is refused: %s", (what) => {
    const { state, effects } = run([...BEGUN, { type: "call_refused", fault: { what } }]);
    expect(state.phase).toEqual({ at: "failed", fault: { what } });
    expect(effects).toEqual([{ type: "disconnect" }]);
  });
});

describe("the ladder", () => {
  it("goes down one way after the other", () => {
    const tcp = run([{ type: "link_lost", link: 1, cause: "no_ice" }], run(CONNECTING).state);
    expect(tcp.effects).toEqual([{ type: "connect", link: 2, rung: "tcp", call: CALL }]);
    const socket = run([{ type: "link_lost", link: 2, cause: "no_ice" }], tcp.state);
    expect(socket.effects).toEqual([{ type: "connect", link: 3, rung: "websocket", call: CALL }]);
    expect(socket.state.trying.why).toBe("webrtc_blocked");
    const up = run([{ type: "link_up", link: 3 }, told({ type: "call.connected" }, 3), { type: "path", link: 3, path: { protocol: "websocket", roundTripMs: null } }], socket.state);
    expect([up.state.phase.at, up.state.trying.why]).toEqual(["live", "webrtc_blocked"]);
  });

  it("ends with a sentence", () => {
    const { state } = run(
      [
        { type: "link_lost", link: 1, cause: "no_webrtc" },
        { type: "link_lost", link: 2, cause: "no_webrtc" },
      ],
      run(CONNECTING).state,
    );
    expect(state.phase).toEqual({ at: "failed", fault: { what: "no_way" } });
  });

  it("explains TCP that the browser chose by itself", () => {
    const { state } = run([{ type: "path", link: 1, path: { protocol: "tcp", roundTripMs: 12 } }], live);
    expect(state.trying.why).toBe("udp_blocked");
  });
});

describe("an earlier connection", () => {
  it.each<CallEvent>([
    { type: "link_up", link: 0 },
    { type: "link_lost", link: 0, cause: "broken" },
    { type: "path", link: 0, path: { protocol: "tcp", roundTripMs: 1 } },
    told({ type: "call.ended", reason: "rep_lost", at_ms: 1 }, 0),
  ])("changes nothing: %j", (event) => {
    expect(run([event], live)).toEqual({ state: live, effects: [] });
  });
});

describe("what the persona does", () => {
  const table: [ServerMessage, CallState["doing"]][] = [
    [{ type: "reply.thinking", reply: 1 }, "thinking"],
    [{ type: "reply.started", reply: 1, at_ms: 1 }, "speaking"],
    [{ type: "reply.paused", reply: 1, at_ms: 1 }, "waiting"],
    [{ type: "reply.resumed", reply: 1, at_ms: 1 }, "speaking"],
    [{ type: "reply.interrupted", reply: 1, at_ms: 1 }, "listening"],
    [{ type: "reply.ended", reply: 1, at_ms: 1 }, "listening"],
  ];
  it.each(table)("%j", (message, doing) => {
    expect(run([told(message)], live).state.doing).toBe(doing);
  });

  it("is to wait while nothing comes from the rep", () => {
    const held = run([told({ type: "call.held", at_ms: 5000 })], live).state;
    expect([held.isHeld, held.doing]).toEqual([true, "waiting"]);
    expect(run([told({ type: "call.resumed", at_ms: 9000 })], held).state.isHeld).toBe(false);
  });
});

describe("a connection that breaks", () => {
  it("is tried again in a moment, as it was", () => {
    const lost = run(LOST);
    expect(lost.state.phase).toEqual({ at: "reconnecting", isServerAway: false });
    expect(types(lost.effects)).toEqual(["after"]);
    const again = run([{ type: "timer", timer: "retry" }], lost.state);
    expect(again.effects).toEqual([{ type: "connect", link: 2, rung: "udp", call: CALL }]);
    expect(run([{ type: "link_up", link: 2 }], again.state).state.phase).toEqual({ at: "live" });
  });

  it("may mend itself", () => {
    const down = run([{ type: "link_down", link: 1 }], live).state;
    expect(down.phase).toEqual({ at: "reconnecting", isServerAway: false });
    expect(run([{ type: "link_up", link: 1 }], down).state.phase).toEqual({ at: "live" });
  });

  it("says when the server is away, and gives up in the end", () => {
    const lost: CallEvent = { type: "link_lost", link: 1, cause: "unreachable" };
    expect(run([lost], reconnecting).state.phase).toEqual({ at: "reconnecting", isServerAway: true });
    const early = run([lost], reconnecting, START_MS + GIVE_UP_AFTER_MS - 1).state.phase;
    expect(early.at).toBe("reconnecting");
    const late = run([lost], reconnecting, START_MS + GIVE_UP_AFTER_MS).state.phase;
    expect(late).toEqual({ at: "failed", fault: { what: "unreachable" } });
  });

  it("that never was gives up sooner", () => {
    const late = run([{ type: "link_lost", link: 1, cause: "unreachable" }], run(CONNECTING).state, START_MS + CONNECT_WITHIN_MS);
    expect(late.state.phase).toEqual({ at: "failed", fault: { what: "unreachable" } });
  });

  it.each([
    ["broken", "no_way"],
    ["busy", "busy"],
  ] as const)("that never was and is always %s says so", (cause, what) => {
    const late = run([{ type: "link_lost", link: 1, cause }], run(CONNECTING).state, START_MS + CONNECT_WITHIN_MS);
    expect(late.state.phase).toEqual({ at: "failed", fault: { what } });
  });

  it("waits for the connection of before to be forgotten, and then says that somebody has it", () => {
    const lost: CallEvent = { type: "link_lost", link: 1, cause: "already_connected" };
    expect(types(run([lost], reconnecting, START_MS + TAKEN_AFTER_MS - 1).effects)).toEqual(["after"]);
    expect(run([lost], reconnecting, START_MS + TAKEN_AFTER_MS).state.phase).toEqual({ at: "failed", fault: { what: "taken" } });
  });

  it("whose token expired is renewed once", () => {
    const lost: CallEvent = { type: "link_lost", link: 1, cause: "token" };
    const renewing = run([lost], reconnecting);
    expect(renewing.effects).toEqual([{ type: "open_call" }]);
    const token = { ...CALL, token: "u" };
    const renewed = run([{ type: "call_opened", call: token }], renewing.state);
    expect(renewed.effects.at(-1)).toEqual({ type: "connect", link: 2, rung: "udp", call: token });
    expect(run([{ ...lost, link: 2 }], renewed.state).state.phase).toEqual({ at: "failed", fault: { what: "expired" } });
  });

  it("asks how the call ended when the server no longer knows it", () => {
    const lost = run([{ type: "link_lost", link: 1, cause: "unknown_call" }], reconnecting);
    expect(lost.effects).toEqual([{ type: "look_up", call: CALL }]);
    const over = run([{ type: "looked_up", end: { reason: "server_lost", lengthMs: 4200 } }], lost.state);
    expect(over.state.phase).toEqual({ at: "over", reason: "server_lost", lengthMs: 4200 });
    expect(types(over.effects)).toEqual(["let_go", "forget"]);
    expect(types(run([{ type: "looked_up", end: null }], lost.state).effects)).toEqual(["after"]);
    expect(run([{ type: "look_up_failed", cause: "unknown_call" }], lost.state).state.phase).toEqual({ at: "failed", fault: { what: "unknown_call" } });
  });

  it("is tried at once when the network is back", () => {
    const offline = run([{ type: "network", isOffline: true }], reconnecting).state;
    expect(types(run([{ type: "network", isOffline: false }], offline).effects)).toEqual(["connect"]);
    expect(run([{ type: "network", isOffline: false }], run([{ type: "network", isOffline: true }], live).state).effects).toEqual([]);
  });
});

describe("a microphone in mid-call", () => {
  it("that is taken away is replaced, and said so", () => {
    const gone = run([{ type: "microphone_ended" }], live);
    expect(gone.effects).toEqual([{ type: "open_microphone" }]);
    const next = run([{ type: "microphone_opened", label: "Built-in", echoCancellation: "on" }], gone.state).state;
    expect([next.microphone, next.microphoneLabel, next.phase.at]).toEqual([{ what: "replaced", label: "Built-in" }, "Built-in", "live"]);
  });

  it("that has no successor leaves silence, until one is plugged in", () => {
    const none = run([{ type: "microphone_ended" }, { type: "microphone_failed", fault: "missing", hasOther: false }], live);
    expect(none.effects).toEqual([{ type: "open_silence" }]);
    expect(none.state.microphone).toEqual({ what: "lost", fault: "missing" });
    expect(run([{ type: "microphone_plugged" }], none.state).effects).toEqual([{ type: "open_microphone" }]);
    expect(run([{ type: "microphone_plugged" }], live).effects).toEqual([]);
  });

  it("that cannot be opened leaves the one before", () => {
    const { state, effects } = run([{ type: "choose_microphone", deviceId: "b" }, { type: "microphone_failed", fault: "in_use", hasOther: true }], live);
    expect(effects).toEqual([]);
    expect(state.microphone).toEqual({ what: "not_opened", fault: "in_use" });
  });

  it("that the system muted is told of until it is not", () => {
    const muted = run([{ type: "microphone_muted", isMuted: true }], live).state;
    expect(muted.microphone).toEqual({ what: "muted_by_system" });
    expect(run([{ type: "microphone_muted", isMuted: false }], muted).state.microphone).toBeNull();
  });

  it("whose echo is not cancelled is told of until another is used", () => {
    expect(live.hasEcho).toBe(false);
    const opened = (echoCancellation: EchoCancellation): CallEvent => ({ type: "microphone_opened", label: "b", echoCancellation });
    const loud = run([opened("off")], live).state;
    expect(loud.hasEcho).toBe(true);
    expect(run([opened("on")], loud).state.hasEcho).toBe(false);
    expect(run([opened("unknown")], loud).state.hasEcho).toBe(false);
    expect(run([{ type: "microphone_failed", fault: "in_use", hasOther: true }], loud).state.hasEcho).toBe(true);
    expect(run([{ type: "microphone_failed", fault: "missing", hasOther: false }], loud).state.hasEcho).toBe(false);
    expect(run([{ type: "type_instead" }], loud).state.hasEcho).toBe(false);
  });

  it("stays muted when it is changed", () => {
    const { effects } = run([{ type: "mute", isMuted: true }, { type: "microphone_opened", label: "b", echoCancellation: "on" }], live);
    expect(effects).toEqual([{ type: "set_muted", isMuted: true }]);
  });
});

describe("a call ends", () => {
  it("when the rep hangs up and the server says goodbye", () => {
    const ending = run([{ type: "hang_up" }], live);
    expect(types(ending.effects)).toEqual(["send_hang_up", "after"]);
    const over = run([told({ type: "call.ended", reason: "rep_hung_up", at_ms: 3000 })], ending.state).state;
    expect(over.phase).toEqual({ at: "over", reason: "rep_hung_up", lengthMs: 3000 });
  });

  it("from outside when no goodbye comes, or nobody is connected", () => {
    const ending = run([{ type: "hang_up" }], live).state;
    expect(types(run([{ type: "timer", timer: "goodbye" }], ending).effects)).toEqual(["end_by_request"]);
    expect(types(run([{ type: "link_lost", link: 1, cause: "broken" }], ending).effects)).toEqual(["end_by_request"]);
    expect(types(run([{ type: "hang_up" }], reconnecting).effects)).toEqual(["end_by_request"]);
    expect(run([{ type: "ended_by_request" }], ending, START_MS + 3000).state.phase).toEqual({ at: "over", reason: "rep_hung_up", lengthMs: 3000 });
  });

  it("before it was opened", () => {
    expect(run([{ type: "hang_up" }], run(BEGUN).state).state.phase).toEqual({ at: "over", reason: "rep_hung_up", lengthMs: null });
  });

  it("with the buyer's last words", () => {
    const over = run([told({ type: "utterance", utterance: utterance("persona", "Goodbye.") }), told({ type: "call.ended", reason: "buyer_hung_up", at_ms: 61_000 })], live).state;
    expect(over.phase).toEqual({ at: "over", reason: "buyer_hung_up", lengthMs: 61_000 });
    expect(lastWords(over)).toBe("Goodbye.");
  });

  it("for this tab when another took it", () => {
    const { state, effects } = run([{ type: "taken" }], live);
    expect(state.phase).toEqual({ at: "elsewhere", wasTaken: true });
    expect(types(effects)).toEqual(["let_go", "forget"]);
  });

  const over: Phase = { at: "over", reason: "completed", lengthMs: 1 };
  it.each<CallEvent>([
    { type: "hang_up" },
    { type: "retry" },
    { type: "timer", timer: "retry" },
    { type: "timer", timer: "goodbye" },
    { type: "link_lost", link: 1, cause: "broken" },
    { type: "link_up", link: 1 },
    { type: "link_down", link: 1 },
    { type: "say", text: "late" },
    { type: "looked_up", end: { reason: "rep_lost", lengthMs: 1 } },
    { type: "microphone_ended" },
    { type: "call_opened", call: CALL },
  ])("once: %j", (event) => {
    const ended = { ...live, phase: over };
    expect(run([event], ended)).toEqual({ state: ended, effects: [] });
  });
});

describe("a typed turn", () => {
  it("is sent while the call is live", () => {
    expect(run([{ type: "say", text: "Hi" }], live).effects).toEqual([{ type: "send_say", text: "Hi" }]);
    expect(run([{ type: "say", text: "Hi" }], reconnecting).effects).toEqual([]);
  });

  it("that the server does not take is told of", () => {
    expect(run([told({ type: "error", code: "unknown_type", message: "?" })], live).state.cannotType).toBe(true);
  });
});

it("shows who listens in, for as long as they do", () => {
  const heard = run([told({ type: "call.listeners", listeners: [{ name: "Morgan Lee" }] })], live).state;
  expect(heard.listeners).toEqual([{ name: "Morgan Lee" }]);
  expect(run([told({ type: "call.listeners", listeners: [] })], heard).state.listeners).toEqual([]);
});
