import { expect, it } from "vitest";

import type { Utterance } from "../protocol/messages";
import { Coach } from "./coaching";
import { coachingOf } from "./coaching-aims";
import { hear } from "./coaching-voices";
import { NEW_CALL, type CallState } from "./state";

const START_MS = 1_000_000;
const coaching = coachingOf({ targets: {}, language: "en" });
const coach = () => {
  if (coaching === null) throw new Error("a scenario without coaching");
  return new Coach(coaching, []);
};

const said = (speaker: Utterance["speaker"], start_ms: number, end_ms: number, count: number): Utterance => ({
  id: `u${start_ms}`,
  speaker,
  start_ms,
  end_ms,
  text: Array.from({ length: count }, () => "word").join(" "),
  interrupted: false,
  typed: false,
});
const live = (...utterances: Utterance[]): CallState => ({
  ...NEW_CALL,
  phase: { at: "live" },
  connectedAtMs: START_MS,
  doing: "listening",
  captions: { utterances, partial: "" },
});

it("shows the share in whole percents, the pace in steps, and who has the word", () => {
  // 15 s of 34 s are 44.1 %; 38 words in 15 s are 152 a minute.
  const state = live(said("persona", 0, 19_000, 40), said("rep", 20_000, 35_000, 38));
  expect(coach().follow(state, false, START_MS + 36_000)).toEqual({ sharePercent: 44, paceWpm: 150, now: { who: "rep", seconds: 15 }, hint: null });
  expect(coach().follow(state, false, START_MS + 37_500).now).toEqual({ who: "nobody", seconds: 2 });
  expect(coach().follow(live(said("persona", 0, 19_000, 40)), false, START_MS + 20_999).now).toEqual({ who: "persona" });
  const speaking = { ...state, voices: hear(state.voices, { type: "reply.started", reply: 2, at_ms: 36_000 }, 36_000) };
  expect(coach().follow(speaking, false, START_MS + 37_500).now).toEqual({ who: "persona" });
});

it("shows no number before there is enough talk for it, and nothing of now while the call is away", () => {
  const state = live(said("persona", 0, 5000, 10), said("rep", 5000, 9999, 30));
  expect(coach().follow(state, false, START_MS + 10_000)).toMatchObject({ sharePercent: null, paceWpm: null });
  expect(coach().follow({ ...state, isHeld: true }, false, START_MS + 15_000).now).toBeNull();
  expect(coach().follow(live(), false, START_MS + 15_000).now).toBeNull();
});

it("is the same object until something of it changes", () => {
  const [follower, state] = [coach(), live(said("persona", 0, 11_000, 10))];
  const first = follower.follow(state, false, START_MS + 14_000);
  expect(follower.follow(state, false, START_MS + 14_500)).toBe(first);
  expect(follower.follow(state, false, START_MS + 15_000)).not.toBe(first);
});

it("tells of silence, not while somebody types, and not once it was dismissed", () => {
  const state = live(said("persona", 0, 11_000, 10));
  const follow = (follower: Coach, isTyping: boolean, fromS: number) => {
    let last = follower.follow(state, isTyping, START_MS + fromS * 1000);
    for (let s = fromS; s <= fromS + 8; s += 0.5) last = follower.follow(state, isTyping, START_MS + s * 1000);
    return last.hint;
  };
  expect(follow(coach(), true, 17)).toBeNull();
  const follower = coach();
  expect(follow(follower, false, 17)).toMatchObject({ kind: "silence", value: 9000 });
  expect(follower.dismiss(state, START_MS + 25_500).hint).toBeNull();
  expect(follower.dismissed).toEqual(["silence"]);
  expect(follow(follower, false, 60)).toBeNull();
  // After a reload.
  if (coaching !== null) expect(follow(new Coach(coaching, ["silence"]), false, 17)).toBeNull();
});

it("counts a typed turn as said", () => {
  const state = live(said("persona", 0, 11_000, 10), { ...said("rep", 16_000, 16_000, 3), typed: true });
  const follower = coach();
  let last = follower.follow(state, false, START_MS + 17_000);
  for (let s = 17; s <= 24; s += 0.5) last = follower.follow(state, false, START_MS + s * 1000);
  expect(last).toMatchObject({ hint: null, now: { who: "nobody", seconds: 8 } });
});
