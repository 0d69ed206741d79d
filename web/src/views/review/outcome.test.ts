import { expect, it } from "vitest";

import { follow, FOLLOWING } from "./follow";
import { resultOf } from "./fixture";
import { outcomeOf } from "./outcome";
import { againAfterMs, type CallShown } from "./queries";
import { formatLength, formatTarget, formatValue } from "./units";

const names = { rep: "Yuki Tanaka", persona: "Rachel", isOwn: false };

it("says who ended the call, when, and what came of it", () => {
  const result = resultOf({ scenario: { goals: [{ tag: "application_link", reached_at_ms: 5 }, { tag: "call_date", reached_at_ms: null }] } });
  expect(outcomeOf({ ...names, isOwn: true }, "rep_hung_up", 93_939, result)).toBe("You hung up after 1 min 34 s. Goal reached: application link.");
  expect(outcomeOf(names, "rep_lost", 3000, null)).toBe("Yuki Tanaka’s connection was lost after 3 s and did not come back.");
  expect(outcomeOf({ ...names, isOwn: true }, "rep_lost", 3000, null)).toBe("Your connection was lost after 3 s and did not come back.");
});

it("says so when no goal was reached, and nothing where there was none", () => {
  const none = resultOf({ scenario: { goals: [{ tag: "link", reached_at_ms: null }] } });
  expect(outcomeOf(names, "buyer_hung_up", 60_000, none)).toBe("Rachel hung up after 1 min. No goal of the scenario was reached.");
  expect(outcomeOf(names, "buyer_hung_up", 60_000, resultOf({ scenario: { goals: [] } }))).toBe("Rachel hung up after 1 min.");
});

it("has a sentence for every reason, also for one that is not known", () => {
  const reasons = ["rep_hung_up", "buyer_hung_up", "completed", "rep_silent", "rep_lost", "time_limit", "vendor_lost", "server_drain", "server_lost", "tired", null];
  const sentences = reasons.map((reason) => outcomeOf(names, reason, null, null));
  expect(new Set(sentences).size).toBe(reasons.length - 1);
  expect(sentences.at(-1)).toBe("The call ended.");
});

it("writes lengths with their units", () => {
  expect([0, 780, -211, 4240, 59_949, 60_000, 93_939, 3_600_000, 3_753_000].map(formatLength)).toEqual([
    "0 ms", "780 ms", "-211 ms", "4.2 s", "59.9 s", "1 min", "1 min 34 s", "1 h", "1 h 2 min",
  ]);
});

it("writes numbers and targets with their units", () => {
  expect(formatValue("share", 0.6925)).toBe("69.3%");
  expect(formatValue("count", 1)).toBe("1 time");
  expect(formatValue("words_per_min", 180.83)).toBe("181 words per min");
  expect(formatTarget("share", { min: 0.35, max: 0.65, met: true })).toBe("35% to 65%");
  expect(formatTarget("words_per_min", { min: 120, max: 180, met: null })).toBe("120 to 180 words per min");
  expect(formatTarget("ms", { min: 40_000, max: 60_000, met: null })).toBe("40 s to 1 min");
  expect(formatTarget("ms", { min: null, max: 60_000, met: true })).toBe("at most 1 min");
  expect(formatTarget("count", { min: 2, max: null, met: null })).toBe("at least 2 times");
});

it("stops following whoever reads elsewhere", () => {
  const away = follow(FOLLOWING, "scrolled");
  expect(away.isFollowing).toBe(false);
  expect(follow(away, "scrolled")).toBe(away);
  expect(follow(away, "found").isFollowing).toBe(false);
  expect(follow(away, "asked").isFollowing).toBe(true);
  expect(follow(away, "sought").isFollowing).toBe(true);
});

it("asks again while something is to come", () => {
  const call = (fields: object) => ({ status: "completed", ended_at: "2026-03-01T10:00:00Z", ...fields }) as CallShown;
  const soon = Date.parse("2026-03-01T10:00:05Z");
  expect(againAfterMs(call({ status: "sealing" }), soon)).toBe(1500);
  expect(againAfterMs(call({ status: "never_connected" }), soon)).toBe(false);
  expect(againAfterMs(call({ links: {}, kpis: null }), soon)).toBe(1500);
  expect(againAfterMs(call({ links: {}, kpis: null }), soon + 120_000)).toBe(false);
  expect(againAfterMs(call({ links: {}, kpis: {} }), soon)).toBe(false);
  // Somebody who may not see the content gets neither links nor numbers.
  expect(againAfterMs(call({}), soon)).toBe(false);
});
