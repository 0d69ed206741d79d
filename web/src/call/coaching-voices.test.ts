import { expect, it } from "vitest";

import type { ServerMessage, Utterance } from "../protocol/messages";
import { numbersAt } from "./coaching-numbers";
import { talkOf } from "./coaching-talk";
import { hear, isOn, SILENT, unsettled, type Voices } from "./coaching-voices";

/** Messages with the moment at which each came. */
const after = (...told: [number, ServerMessage][]): Voices => told.reduce((voices, [at, message]) => hear(voices, message, at), SILENT);

const started = (at_ms: number): ServerMessage => ({ type: "rep.started", at_ms });
const stopped = (at_ms: number): ServerMessage => ({ type: "rep.stopped", at_ms });
const reply = (type: "reply.started" | "reply.paused" | "reply.resumed" | "reply.ended" | "reply.interrupted", at_ms: number): ServerMessage => ({ type, reply: 1, at_ms });
const said = (speaker: Utterance["speaker"], start_ms: number, end_ms: number, more: Partial<Utterance> = {}): ServerMessage & { type: "utterance" } => ({
  type: "utterance",
  utterance: { id: `u${start_ms}`, speaker, start_ms, end_ms, text: "some words", interrupted: false, typed: false, ...more },
});
const spans = (voices: Voices, nowMs: number, side: "rep" | "persona" = "rep") => unsettled(voices[side], nowMs).map(({ startMs, endMs }) => [startMs, endMs]);

it("a voice counts from its sample until now, and until it ceased", () => {
  const on = after([1250, started(1000)]);
  expect(isOn(on.rep)).toBe(true);
  expect(spans(on, 3000)).toEqual([[1000, 3000]]);
  const off = hear(on, stopped(4000), 4300);
  expect(isOn(off.rep)).toBe(false);
  expect(spans(off, 5000)).toEqual([[1000, 4000]]);
});

it("who goes on is told with the beginning of the turn, and began about now", () => {
  const voices = after([1250, started(1000)], [4300, stopped(4000)], [9250, started(1000)]);
  expect(spans(voices, 10_000)).toEqual([[1000, 4000], [9250, 10_000]]);
  // A short pause is talk.
  expect(spans(after([1250, started(1000)], [4300, stopped(4000)], [5600, started(1000)]), 10_000)).toEqual([[1000, 10_000]]);
});

it("what an utterance tells is not counted twice", () => {
  const turn = after([1250, started(1000)], [4300, stopped(4000)]);
  expect(spans(hear(turn, said("rep", 1000, 3900), 4600), 4600)).toEqual([]);
  // The rep talks on meanwhile.
  const on = hear(hear(turn, started(1000), 4500), said("rep", 1000, 4700), 4800);
  expect(spans(on, 6000)).toEqual([[4700, 6000]]);
  // The utterance before is amended, or something is typed: the voice is of another turn.
  const next = after([6250, started(6000)]);
  expect(spans(hear(next, said("rep", 1000, 4000), 6500), 7000)).toEqual([[6000, 7000]]);
  expect(spans(hear(next, said("rep", 6500, 6500, { typed: true }), 6500), 7000)).toEqual([[6000, 7000]]);
});

it("what no word comes of is no talk in the end", () => {
  const cough = after([1250, started(1000)], [1700, stopped(1500)]);
  expect(spans(cough, 7500)).toEqual([[1000, 1500]]);
  expect(spans(cough, 7501)).toEqual([]);
});

it("the persona is heard from reply.started on, without its pauses, until its utterance tells it", () => {
  const paused = after([1000, reply("reply.started", 1000)], [3000, reply("reply.paused", 3000)]);
  expect(isOn(paused.persona)).toBe(false);
  const resumed = hear(paused, reply("reply.resumed", 5000), 5000);
  expect(spans(resumed, 6000, "persona")).toEqual([[1000, 3000], [5000, 6000]]);
  expect(spans(hear(hear(resumed, said("persona", 1000, 6000), 6000), reply("reply.ended", 6000), 6000), 6100, "persona")).toEqual([]);
  // It was stopped before a word was heard.
  expect(spans(hear(paused, reply("reply.interrupted", 1000), 3200), 3300, "persona")).toEqual([]);
});

it("nobody is heard while the call is held, and what was missed is not guessed", () => {
  const held = after([1250, started(1000)], [5000, { type: "call.held", at_ms: 3000 }]);
  expect(spans(held, 5000)).toEqual([[1000, 3000]]);
  expect(hear(held, { type: "call.resumed", at_ms: 9000 }, 9000)).toEqual(SILENT);
});

it("nothing changes by messages of other things", () => {
  const voices = after([1250, started(1000)]);
  expect(hear(voices, { type: "reply.thinking", reply: 2 }, 2000)).toBe(voices);
});

it("numbers count what is being said", () => {
  const settled = talkOf([said("persona", 0, 10_000).utterance], true);
  const voices = after([12_250, started(12_000)], [42_000, { type: "transcript.partial", text: "" }]);
  const partial = Array.from({ length: 59 }, () => "word").join(" ");
  // 30 s of the rep beside 10 s of the persona; 59 words in 29.5 s, told half a second later.
  expect(numbersAt(settled, voices, partial, 42_000)).toEqual({ talkMs: 40_000, repShare: 0.75, paceWpm: 120, settledPaceWpm: null, monologueMs: 30_000, silenceMs: 0 });
  // A recogniser that lags does not slow anybody down.
  expect(numbersAt(settled, voices, partial, 45_000).paceWpm).toBe(120);
  const quiet = hear(voices, stopped(45_000), 45_300);
  expect(numbersAt(settled, quiet, partial, 47_000)).toMatchObject({ monologueMs: 33_000, silenceMs: 2000 });
  // The buyer answers before the words have settled.
  const answered = hear(quiet, reply("reply.started", 47_500), 47_500);
  expect(numbersAt(settled, answered, partial, 48_000)).toMatchObject({ talkMs: 43_500, monologueMs: 0, silenceMs: 0 });
});
