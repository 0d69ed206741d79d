import type { Utterance } from "../../protocol/messages";
import { KpiResult } from "./kpis";
import { readRecord, type CallRecord } from "./record";

/** What each side says in a call that is made up. */
const LINES = {
  rep: "So, let me ask you, what would have to be true for this to be the right house and the right payment for you?",
  persona: "Well, I talked with two other lenders, and they told me a rate right away, so I would like to hear yours first.",
};

/** A call of an hour as the server would tell of it: a turn every 3.6 s, with the time of every word. */
export function hourLong(utterances = 1000): { record: object; result: object; waveform: object } {
  const durationMs = utterances * 3600;
  const said = Array.from({ length: utterances }, (_, at) => lineAt(at));
  const responses = (side: string) =>
    said.filter(({ speaker }) => speaker === side).map(({ id, start_ms }) => ({ at_ms: start_ms, utterance_id: id, response_ms: 600 }));
  const record = {
    version: 1,
    duration_ms: durationMs,
    language: "en-US",
    recogniser: { name: "made up", fillers: true, punctuation: true, word_times: true },
    utterances: said,
    events: said.filter((_, at) => at % 50 === 0).map(({ id, end_ms }) => ({ type: "objection_raised", at_ms: end_ms, tag: "rate", utterance_id: id })),
    scenario: { required_phrases: [], goals: [], targets: {}, compliance: [] },
    params: {},
  };
  const result = {
    version: "kpi/1",
    params: { silence_ms: 3000, monologue_ms: 60_000 },
    reasons: {},
    cautions: {},
    call: { duration_ms: durationMs, silences: [], talk_listen: { display: "50:50", rep_share: 0.5 } },
    rep: { wpm: 150, response_ms: { median: 600, p90: 600, events: responses("rep") } },
    persona: { wpm: 160, response_ms: { median: 600, p90: 600, events: responses("persona") } },
    scenario: { required_phrases: [], objections: [], goals: [], facts_revealed: [], targets: [] },
  };
  const leg = (side: string) => {
    const max = Array.from({ length: durationMs / 20 }, (_, at) => (lineAt(Math.floor(at / 180)).speaker === side ? 20 + ((at * 7919) % 80) : 0));
    return { min: max.map((high) => -high), max };
  };
  const waveform = { version: 1, sample_rate: 16_000, samples_per_peak: 320, rep: leg("rep"), persona: leg("persona") };
  return { record, result, waveform };
}

function lineAt(at: number) {
  const speaker = at % 2 === 0 ? ("persona" as const) : ("rep" as const);
  const text = LINES[speaker];
  const [start_ms, length] = [at * 3600 + 500, 3000];
  const tokens = text.split(" ");
  const each = Math.floor(length / tokens.length);
  const words = tokens.map((word, place) => ({ text: word, start_ms: start_ms + place * each, end_ms: start_ms + (place + 1) * each }));
  return { id: `u${at}`, speaker, start_ms, end_ms: start_ms + length, text, words, interrupted: false };
}

/** Who spoke, from when to when, what, and anything else of an utterance. */
type Said = [speaker: "rep" | "persona", startMs: number, endMs: number, text: string, more?: Partial<Utterance>];

/** A record of a few utterances. */
export function recordOf(durationMs: number, said: Said[], more: object = {}): CallRecord {
  const utterances = said.map(([speaker, start_ms, end_ms, text, own], at) => ({ id: `u${at + 1}`, speaker, start_ms, end_ms, text, ...own }));
  return readRecord({ duration_ms: durationMs, utterances, events: [], ...more });
}

/** The only one of a list, or the one at a place. */
export function only<T>(items: readonly T[], at = 0): T {
  const item = items[at];
  if (item === undefined) throw new Error(`there is no ${at} of ${items.length}`);
  return item;
}

/** Numbers with a few fields. */
export const resultOf = (result: object): KpiResult => new KpiResult(result);
