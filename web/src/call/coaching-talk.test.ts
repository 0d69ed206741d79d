import { describe, expect, it } from "vitest";

import type { Speaker, Utterance } from "../protocol/messages";
import { numbersAt } from "./coaching-numbers";
import { monologuesOf, talkOf } from "./coaching-talk";
import { SILENT } from "./coaching-voices";
import { asks, isListening, tokensOf } from "./coaching-words";

/** Somebody's utterance, named by its place. */
const said = (speaker: Speaker, start_ms: number, end_ms: number, text: string, more: Partial<Utterance> = {}): Utterance => ({
  id: `${speaker}${start_ms}`,
  speaker,
  start_ms,
  end_ms,
  text,
  interrupted: false,
  typed: false,
  ...more,
});
const rep = (start: number, end: number, text = "word", more: Partial<Utterance> = {}) => said("rep", start, end, text, more);
const persona = (start: number, end: number, text = "word", more: Partial<Utterance> = {}) => said("persona", start, end, text, more);
const words = (count: number) => Array.from({ length: count }, () => "word").join(" ");
const timed = (...times: [number, number][]) => ({ words: times.map(([start_ms, end_ms]) => ({ text: "w", start_ms, end_ms })) });

const talk = (...utterances: Utterance[]) => talkOf(utterances, true);
const settled = (endMs: number, ...utterances: Utterance[]) => numbersAt(talk(...utterances), SILENT, "", endMs);
const monologues = (side: "rep" | "persona", ...utterances: Utterance[]) => {
  const both = talk(...utterances);
  return monologuesOf(both[side].turnTalk, both[side === "rep" ? "persona" : "rep"]).map(({ startMs, endMs }) => [startMs, endMs]);
};

// The worked cases of docs/KPI.md.
describe("with everything settled, the numbers are those of the server", () => {
  it("pauses", () => {
    const pauses = rep(0, 10_000, "one two three", timed([0, 1000], [2800, 4000], [7500, 9500]));
    const { rep: side } = talk(pauses);
    expect(side.talk).toEqual([{ startMs: 0, endMs: 4000 }, { startMs: 7500, endMs: 9500 }]);
    expect(side.talkMs).toBe(6000);
    expect(settled(12_000, pauses)).toMatchObject({ repShare: 1, paceWpm: null, silenceMs: 2500 });
  });

  it("overlaps", () => {
    const { repShare, talkMs } = settled(12_000, persona(0, 5000), rep(4000, 8000), persona(7800, 9000), rep(10_000, 11_000), persona(10_000, 12_000));
    expect(talkMs).toBe(13_200);
    expect(repShare).toBe(5000 / 13_200);
  });

  it("cut off", () => {
    const cut = persona(0, 4000, "one", { interrupted: true, ...timed([0, 3600]) });
    expect(talk(cut).persona.talk).toEqual([{ startMs: 0, endMs: 4000 }]);
    expect(talk({ ...cut, interrupted: false }).persona.talk).toEqual([{ startMs: 0, endMs: 3600 }]);
  });

  it("turns: which words are a listener's", () => {
    const [a, b, c, d] = [persona(0, 10_000), rep(3000, 3600, "Mm-hmm."), rep(10_400, 10_900, "Got it."), rep(12_000, 15_000)];
    const rest = [persona(14_800, 20_000), rep(21_000, 24_000)];
    expect(talk(a, b, c, d, ...rest).rep.startsMs).toEqual([10_400, 12_000, 21_000]);
    expect(talk(a, b, c, d, persona(11_500, 11_900), ...rest).rep.startsMs).toEqual([12_000, 21_000]);
    // An answer is none, also where it comes a little early.
    const asking = persona(0, 10_000, "Is that your own home?");
    expect(talk(asking, rep(9800, 10_200, "Yeah."), d).rep.startsMs).toEqual([9800, 12_000]);
    expect(talkOf([a, b], false).rep.startsMs).toEqual([3000]);
  });

  it("typed: said, but no speech", () => {
    const typed = (at: number, text: string) => rep(at, at, text, { typed: true });
    const { rep: side, lastSaidMs } = talk(
      persona(0, 4000, "Tell me your rate."), typed(4300, "Okay"), persona(5200, 12_000), rep(13_000, 15_000, "So, um, wait."),
      typed(15_500, "So, um, I think it is fine."), persona(16_500, 18_000), rep(18_400, 20_000), typed(22_000, "And one more word"),
    );
    expect(side.talkMs).toBe(3600);
    expect(side.spoken.flatMap(({ tokensMs }) => tokensMs)).toHaveLength(4);
    expect(side.startsMs).toEqual([4300, 13_000, 15_500, 18_400, 22_000]);
    expect(lastSaidMs).toBe(22_000);
  });

  it("monologues", () => {
    const all = [rep(0, 30_000), persona(20_000, 20_500, "Okay."), rep(32_000, 70_000), persona(65_000, 66_000, "Wait, hold on.")];
    // "Okay." does not end it, the other does; what goes on after that is another.
    expect(monologues("rep", ...all)).toEqual([[0, 65_000], [65_000, 70_000]]);
    expect(monologues("persona", ...all)).toEqual([[65_000, 66_000]]);
    expect(settled(64_000, ...all.slice(0, 2), rep(32_000, 64_000)).monologueMs).toBe(64_000);
    expect(settled(70_000, ...all).monologueMs).toBe(5000);
    expect(settled(75_000, ...all, persona(71_000, 74_000)).monologueMs).toBe(0);
  });

  it("a monologue does not go on across what the other side still says", () => {
    expect(monologues("rep", persona(0, 10_000), rep(2000, 3000), rep(8000, 12_000), rep(20_000, 21_000))).toEqual([[2000, 3000], [8000, 21_000]]);
    // A typed text ends the persona's, and so does a start at its very edge.
    expect(monologues("persona", persona(0, 1000), rep(1500, 1500, "Stop", { typed: true }), persona(2000, 3000))).toEqual([[0, 1000], [2000, 3000]]);
    expect(monologues("rep", rep(0, 1000), persona(1000, 1200), rep(1200, 2000))).toEqual([[0, 1000], [1200, 2000]]);
  });

  it("pace, over as much talk as it looks back at", () => {
    expect(settled(125_000, rep(0, 20_000, words(50)), rep(55_000, 65_000, words(20))).paceWpm).toBe(140);
  });

  it("pace needs 20 words and 10 s, as on the server", () => {
    expect(settled(9999, rep(0, 9999, words(40))).paceWpm).toBeNull();
    expect(settled(10_000, rep(0, 10_000, words(19))).paceWpm).toBeNull();
    expect(settled(10_000, rep(0, 10_000, words(20))).paceWpm).toBe(120);
  });

  it("nothing", () => {
    expect(settled(60_000)).toEqual({ talkMs: 0, repShare: null, paceWpm: null, settledPaceWpm: null, monologueMs: 0, silenceMs: null });
  });
});

it("pace looks back at the last 30 s of the rep's own talk", () => {
  // 20 s of 40 words, then 20 s of 80: of the first only its last 10 s count, which hold 20.
  const { paceWpm } = settled(60_000, rep(0, 20_000, words(40)), persona(20_000, 40_000), rep(40_000, 60_000, words(80)));
  expect(paceWpm).toBe(200);
});

it("words tell listeners and questions", () => {
  for (const text of ["Mm-hmm.", "Yeah, right.", "I see…", "got it, makes sense", "«OK»"]) expect(isListening(tokensOf(text)), text).toBe(true);
  for (const text of ["", "…", "I", "no", "right now", "got"]) expect(isListening(tokensOf(text)), text).toBe(false);
  for (const text of ["Is it?", 'He asked "why?"', "Fine. And you?", "كذلك؟"]) expect(asks(tokensOf(text)), text).toBe(true);
  for (const text of ["", "It is.", "Why? Because.", "It is. ?"]) expect(asks(tokensOf(text)), text).toBe(false);
  // A full stop after a short form ends no sentence.
  expect(asks(tokensOf("Mr. ?"))).toBe(true);
});
