import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { readMessage, writeMessage, type ClientMessage } from "./messages";
import { Malformed } from "./reading";

const SAMPLES = fileURLToPath(new URL("../../../tests/protocol", import.meta.url));

const sample = (name: string): string => readFileSync(`${SAMPLES}/${name}.json`, "utf8");

/** What the page sends; the server sends the others. */
const SENT: Record<string, ClientMessage> = {
  start: { type: "start", encoding: "pcm_s16le", sample_rate: 16_000, echo_cancellation: "on" },
  microphone: { type: "microphone", echo_cancellation: "off" },
  played: { type: "played", reply: 7, sample: 20_480 },
  say: { type: "say", text: "What matters most to you?" },
  hangup: { type: "hangup" },
  "webrtc/played": { type: "played", rtp_timestamp: 3_735_968_640 },
};

describe("the samples of the protocol", () => {
  const names = readdirSync(SAMPLES)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  const received = names.filter((name) => !(name in SENT));

  it("are there", () => expect(received.length).toBeGreaterThanOrEqual(19));

  it.each(received)("%s is read, and all of it", (name) => {
    const message = readMessage(sample(name));
    expect(message).toMatchObject(JSON.parse(sample(name)) as object);
  });

  it.each(Object.keys(SENT))("%s is written as it stands", (name) => {
    const message = SENT[name];
    expect(message && JSON.parse(writeMessage(message))).toEqual(JSON.parse(sample(name)));
  });
});

describe("a message", () => {
  it("has an utterance with all its words", () => {
    const message = readMessage(sample("utterance"));
    if (message?.type !== "utterance") throw new Error("no utterance");
    expect(message.utterance.words).toHaveLength(5);
    expect(message.utterance.words?.[1]).toEqual({ text: "quoted", start_ms: 7190, end_ms: 7510 });
    expect(message.utterance.interrupted).toBe(true);
    expect(message.utterance.typed).toBe(false);
    expect(message.utterance.unheard).toBe("a half percent, with no points.");
  });

  it("may be typed, and tell what nobody heard", () => {
    const text = `{"type":"utterance","utterance":{"id":"u1","speaker":"rep","start_ms":1,"end_ms":1,"text":"Hi","typed":true,"unheard":"and one"}}`;
    const message = readMessage(text);
    expect(message).toEqual({
      type: "utterance",
      utterance: { id: "u1", speaker: "rep", start_ms: 1, end_ms: 1, text: "Hi", interrupted: false, typed: true, unheard: "and one" },
    });
  });

  it("names who listens", () => {
    const message = readMessage(`{"type":"call.listeners","listeners":[{"name":"Morgan Lee","role":"manager"}]}`);
    expect(message).toEqual({ type: "call.listeners", listeners: [{ name: "Morgan Lee" }] });
  });

  it("of a type that is not known is passed over", () => {
    expect(readMessage(`{"type":"weather","rain":true}`)).toBeNull();
  });

  it("loses fields that are not known", () => {
    expect(readMessage(`{"type":"call.connected","colour":"red"}`)).toEqual({ type: "call.connected" });
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["no type", "{}"],
    ["a type that is no text", `{"type":7}`],
    ["a time that is missing", `{"type":"rep.started"}`],
    ["a time with a fraction", `{"type":"rep.started","at_ms":0.5}`],
    ["a time before the call", `{"type":"call.held","at_ms":-1}`],
    ["a reply that is a text", `{"type":"reply.thinking","reply":"7"}`],
    ["a flag that is a number", `{"type":"utterance","utterance":{"id":"a","speaker":"rep","start_ms":0,"end_ms":1,"text":"","interrupted":1}}`],
    ["somebody unknown", `{"type":"utterance","utterance":{"id":"a","speaker":"boss","start_ms":0,"end_ms":1,"text":""}}`],
    ["words that are no list", `{"type":"utterance","utterance":{"id":"a","speaker":"rep","start_ms":0,"end_ms":1,"text":"","words":{}}}`],
    ["listeners without names", `{"type":"call.listeners","listeners":[{}]}`],
  ])("with %s is a fault", (_, text) => {
    expect(() => readMessage(text)).toThrow(Malformed);
  });
});
