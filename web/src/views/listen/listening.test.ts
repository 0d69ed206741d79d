import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import type { Utterance } from "../../protocol/messages";
import { BEFORE, listen, readListenMessage, waitAfter, type ListenEvent, type ListenMessage } from "./listening";

const after = (...events: ListenEvent[]) => events.reduce(listen, BEFORE);
const message = (message: ListenMessage): ListenEvent => ({ type: "message", message });
const PRESSED: ListenEvent = { type: "pressed" };
const LISTENING = message({ type: "listening", call_id: "7" });
const CLOSED: ListenEvent = { type: "closed" };
const said = (id: string, start_ms: number, text: string, speaker: Utterance["speaker"] = "rep"): ListenEvent =>
  message({ type: "utterance", utterance: { id, speaker, start_ms, end_ms: start_ms + 500, text, interrupted: false, typed: false } });

describe("the messages of a listener", () => {
  it("begin with who is heard", () => {
    expect(readListenMessage('{"type":"listening","call_id":"7","sample_rate":16000,"channels":2}')).toEqual({ type: "listening", call_id: "7" });
  });

  it("are the events of a call, and what is not known is passed over", () => {
    const path = fileURLToPath(new URL("../../../../tests/protocol/utterance.json", import.meta.url));
    expect(readListenMessage(readFileSync(path, "utf8"))).toMatchObject({ type: "utterance" });
    expect(readListenMessage('{"type":"weather"}')).toBeNull();
    expect(() => readListenMessage('{"type":"listening"}')).toThrow("call_id");
    expect(() => readListenMessage("[")).toThrow();
  });
});

describe("listening", () => {
  it("begins when it is asked for, and the server has begun", () => {
    expect(BEFORE.phase).toEqual({ at: "asked" });
    expect(after(PRESSED).phase).toEqual({ at: "connecting", failures: 0, wasHeard: false });
    expect(after(PRESSED, LISTENING).phase).toEqual({ at: "listening" });
  });

  it("comes back after it was lost, with what was said", () => {
    const lost = after(PRESSED, LISTENING, said("u1", 0, "hello"), CLOSED);
    expect(lost.phase).toEqual({ at: "connecting", failures: 1, wasHeard: true });
    const back = [LISTENING, said("u1", 0, "hello"), said("u2", 900, "rates")].reduce(listen, lost);
    expect(back.phase).toEqual({ at: "listening" });
    expect(back.captions.utterances.map(({ text }) => text)).toEqual(["hello", "rates"]);
  });

  it("gives up what was never heard after six failures, and begins anew when asked", () => {
    const six = Array.from({ length: 6 }, () => CLOSED);
    expect(after(PRESSED, ...six.slice(1)).phase).toEqual({ at: "connecting", failures: 5, wasHeard: false });
    expect(after(PRESSED, ...six).phase).toEqual({ at: "refused", why: "unheard" });
    expect(after(PRESSED, ...six, PRESSED).phase).toEqual({ at: "connecting", failures: 0, wasHeard: false });
  });

  it("does not give up what was heard", () => {
    const seven = Array.from({ length: 7 }, () => CLOSED);
    expect(after(PRESSED, LISTENING, ...seven).phase).toEqual({ at: "connecting", failures: 7, wasHeard: true });
  });

  it("waits longer each time, and never long", () => {
    expect([1, 2, 3, 4, 5].map(waitAfter)).toEqual([500, 1000, 2000, 4000, 5000]);
  });

  it("ends with the call, and stays ended when the connection closes", () => {
    const over = after(PRESSED, LISTENING, message({ type: "call.ended", reason: "rep_hung_up", at_ms: 65_900 }), CLOSED);
    expect(over.phase).toEqual({ at: "over", reason: "rep_hung_up" });
    expect(over.seconds).toBe(65);
  });

  it("hears nothing more once it was stopped", () => {
    const stopped = after(PRESSED, LISTENING, { type: "stopped" }, said("u1", 0, "late"), CLOSED);
    expect(stopped.phase).toEqual({ at: "asked" });
    expect(stopped.captions.utterances).toEqual([]);
  });
});

describe("what is seen", () => {
  it("orders what was said by when it began, and replaces what is known", () => {
    const state = after(PRESSED, LISTENING, said("u2", 900, "six and", "persona"), said("u1", 100, "what rate"), said("u2", 900, "six and a half", "persona"));
    expect(state.captions.utterances.map(({ id, text }) => [id, text])).toEqual([
      ["u1", "what rate"],
      ["u2", "six and a half"],
    ]);
  });

  it("keeps the rep's unsettled words until theirs are settled", () => {
    const guessed = after(PRESSED, LISTENING, message({ type: "transcript.partial", text: "what ra" }));
    expect(listen(guessed, said("u1", 0, "well", "persona")).captions.partial).toBe("what ra");
    expect(listen(guessed, said("u2", 0, "what rate")).captions.partial).toBe("");
  });

  it("knows who speaks, and that nobody does while the call is held", () => {
    const both = after(PRESSED, LISTENING, message({ type: "rep.started", at_ms: 1 }), message({ type: "reply.started", reply: 1, at_ms: 2 }));
    expect([both.isRepSpeaking, both.isPersonaSpeaking]).toEqual([true, true]);
    const held = listen(both, message({ type: "call.held", at_ms: 3 }));
    expect([held.isRepSpeaking, held.isPersonaSpeaking, held.isHeld]).toEqual([false, false, true]);
    expect(listen(held, message({ type: "call.resumed", at_ms: 4 })).isHeld).toBe(false);
  });

  it("counts whole seconds of the call's clock", () => {
    const state = after(PRESSED, LISTENING, { type: "sound", endsAt: 17_600 });
    expect(state.seconds).toBe(1);
    expect(listen(state, { type: "sound", endsAt: 19_200 })).toBe(state);
  });
});
