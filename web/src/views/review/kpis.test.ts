import { expect, it } from "vitest";

import { KPIS, momentsOf } from "./catalogue";
import { csvOf } from "./csv";
import { only, resultOf } from "./fixture";
import { strings } from "../../strings";

const result = resultOf({
  version: "kpi/1",
  params: { monologue_ms: 60_000, silence_ms: 3000 },
  reasons: { "call.talk_listen": "no_speech", "rep.wpm": "too_few_tokens" },
  cautions: { "rep.questions.total": "no_punctuation" },
  call: { talk_listen: null, overlap_ms: 0 },
  rep: {
    wpm: null,
    tokens: 12,
    monologues: { count: 1, events: [{ start_ms: 0, end_ms: 65_000 }, { start_ms: 70_000, end_ms: 71_000 }] },
    questions: {
      total: 2,
      open: 1,
      closed: 1,
      events: [
        { at_ms: 5, utterance_id: "u1", kind: "open", text: "why, or \"so\"?" },
        { at_ms: 9, utterance_id: "u2", kind: "closed", text: "Is it?" },
      ],
    },
    interruptions: { count: 1, raw: 1, events: [{ start_ms: 7, end_ms: 600, later: "rep", rep_utterance: "u1", persona_utterance: "u9" }] },
    response_ms: { median: 700, p90: 700, events: [{ at_ms: 40, utterance_id: "u1", response_ms: -200 }] },
  },
  scenario: { targets: [{ kpi: "rep.wpm", min: 120, max: 180.5, met: null, value: null }, { kpi: "rep.tokens", max: 10, min: null, met: false, value: 12 }] },
});

const kpi = (path: string) => only(KPIS.filter((one) => one.path === path));

it("tells a number that is not there from one that nothing is known of", () => {
  expect(result.number("call.overlap_ms")).toBe(0);
  expect(result.number("rep.wpm")).toBeNull();
  // A group without anything to rest on is null as a whole.
  expect(result.number("call.talk_listen.rep_share")).toBeNull();
  expect(result.number("rep.sentiment.mean")).toBeUndefined();
});

it("finds the reason of a group for its member", () => {
  expect(result.reason("call.talk_listen.rep_share")).toBe("no_speech");
  expect(result.reason("rep.wpm")).toBe("too_few_tokens");
  expect(result.reason("rep.tokens")).toBeNull();
  expect(result.caution("rep.questions.total")).toBe("no_punctuation");
});

it("says of a target without a value neither that it was met nor that it was missed", () => {
  expect(result.target("rep.wpm")).toEqual({ min: 120, max: 180.5, met: null });
  expect(result.target("rep.tokens")).toEqual({ min: null, max: 10, met: false });
  expect(result.target("rep.talk_ms")).toBeNull();
});

it("praises nobody for keeping within a limit in silence", () => {
  const target = { kpi: "rep.longest_monologue_ms", max: 60_000, min: null, met: true, value: 0 };
  const silent = resultOf({ rep: { talk_ms: 0, longest_monologue_ms: 0 }, scenario: { targets: [target] } });
  expect(silent.target("rep.longest_monologue_ms")).toEqual({ min: null, max: 60_000, met: null });
  const short = resultOf({ rep: { talk_ms: 900, longest_monologue_ms: 900 }, scenario: { targets: [{ ...target, value: 900 }] } });
  expect(short.target("rep.longest_monologue_ms")?.met).toBe(true);
});

it("leads from a number to its moments", () => {
  expect(momentsOf(kpi("rep.questions.open"), result).map(({ at_ms }) => at_ms)).toEqual([5]);
  expect(momentsOf(kpi("rep.questions.total"), result)).toHaveLength(2);
  expect(momentsOf(kpi("rep.interruptions.count"), result)).toEqual([{ at_ms: 7, to_ms: 600, utterance_id: "u1", said: null, ms: 593 }]);
  expect(momentsOf(kpi("rep.response_ms.median"), result)[0]).toMatchObject({ at_ms: 40, ms: -200 });
  // The longest monologue is listed also where it is too short to count.
  expect(momentsOf(kpi("rep.monologues.count"), result)).toHaveLength(1);
  expect(momentsOf(kpi("rep.longest_monologue_ms"), result)).toHaveLength(2);
  expect(momentsOf(kpi("rep.tokens"), result)).toEqual([]);
});

it("has words and a formula for every number", () => {
  const without = KPIS.filter(({ path }) => strings.review.kpis[path] === undefined);
  expect(without).toEqual([]);
  expect(new Set(KPIS.map(({ path }) => path)).size).toBe(KPIS.length);
  // docs/KPI.md names 43 numbers; the two of sentiment are printed by no version yet.
  expect(KPIS).toHaveLength(41);
});

it("is a table of what was printed", () => {
  const lines = csvOf(result).split("\r\n");
  expect(lines[0]).toBe("kpi,value,unit,target_min,target_max,target_met,reason,caution,formula");
  expect(lines).toContain("call.talk_listen.rep_share,,share,,,,no_speech,,kpi/1#call.talk_listen.rep_share");
  expect(lines).toContain("rep.wpm,,words_per_min,120,180.5,,too_few_tokens,,kpi/1#rep.wpm");
  expect(lines).toContain("rep.tokens,12,words,,10,false,,,kpi/1#rep.tokens");
  expect(lines).toContain("rep.questions.total,2,count,,,,,no_punctuation,kpi/1#rep.questions.total");
  expect(lines.some((line) => line.startsWith("persona."))).toBe(false);
  expect(lines.at(-1)).toBe("");
});

it("quotes what would break the table", () => {
  expect(csvOf(resultOf({ version: 'a,"b"', rep: { wpm: 1 } }))).toContain('rep.wpm,1,words_per_min,,,,,,"a,""b""#rep.wpm"');
});
