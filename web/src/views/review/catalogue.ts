import type { Entry, KpiResult } from "./kpis";

/** What a number counts. */
export type Unit =
  | "ms"
  | "share"
  | "count"
  | "words"
  | "words_per_min"
  | "per_min"
  | "per_10_min"
  | "per_100_words";

/** A moment that a number rests on. */
export interface Moment {
  at_ms: number;
  to_ms: number | null;
  utterance_id: string | null;
  /** What it was, where the numbers say so: a word, a phrase, a length. */
  said: string | null;
  /** Its own length or delay, where it has one. */
  ms: number | null;
}

/** One number of a call. */
export interface Kpi {
  path: string;
  unit: Unit;
  /** The list that holds its moments. */
  moments?: string;
}

/** Numbers that are shown together. */
export interface KpiGroup {
  name: "conversation" | "rep" | "persona";
  kpis: Kpi[];
}

const ofSide = (side: "rep" | "persona"): Kpi[] => [
  { path: `${side}.talk_ms`, unit: "ms" },
  { path: `${side}.tokens`, unit: "words" },
  { path: `${side}.wpm`, unit: "words_per_min" },
  { path: `${side}.longest_monologue_ms`, unit: "ms", moments: `${side}.monologues.events` },
  { path: `${side}.monologues.count`, unit: "count", moments: `${side}.monologues.events` },
  { path: `${side}.interruptions.count`, unit: "count", moments: `${side}.interruptions.events` },
  { path: `${side}.interruptions.raw`, unit: "count" },
  { path: `${side}.backchannels.count`, unit: "count", moments: `${side}.backchannels.events` },
  { path: `${side}.response_ms.median`, unit: "ms", moments: `${side}.response_ms.events` },
  { path: `${side}.response_ms.p90`, unit: "ms", moments: `${side}.response_ms.events` },
  { path: `${side}.response_overlaps`, unit: "count" },
];

/** Every number that docs/KPI.md names, in the order in which people look at them. */
export const KPI_GROUPS: KpiGroup[] = [
  {
    name: "conversation",
    kpis: [
      { path: "call.talk_listen.rep_share", unit: "share" },
      { path: "call.interactivity_per_min", unit: "per_min" },
      { path: "call.speaker_switches", unit: "count" },
      { path: "call.silence_share", unit: "share", moments: "call.silences" },
      { path: "call.silence_ms", unit: "ms", moments: "call.silences" },
      { path: "call.overlap_share_of_speech", unit: "share", moments: "call.overlaps" },
      { path: "call.overlap_ms", unit: "ms", moments: "call.overlaps" },
      { path: "call.speech_ms", unit: "ms" },
      { path: "call.lead_in_ms", unit: "ms" },
      { path: "call.tail_ms", unit: "ms" },
      { path: "call.duration_ms", unit: "ms" },
    ],
  },
  {
    name: "rep",
    kpis: [
      ...ofSide("rep"),
      { path: "rep.questions.total", unit: "count", moments: "rep.questions.events" },
      { path: "rep.questions.open", unit: "count", moments: "rep.questions.events" },
      { path: "rep.questions.closed", unit: "count", moments: "rep.questions.events" },
      { path: "rep.questions.per_10_min", unit: "per_10_min" },
      { path: "rep.fillers.count", unit: "count", moments: "rep.fillers.events" },
      { path: "rep.fillers.per_min", unit: "per_min", moments: "rep.fillers.events" },
      { path: "rep.hedges.count", unit: "count", moments: "rep.hedges.events" },
      { path: "rep.hedges.per_100_words", unit: "per_100_words", moments: "rep.hedges.events" },
    ],
  },
  { name: "persona", kpis: ofSide("persona") },
];

/** All of them. */
export const KPIS: Kpi[] = KPI_GROUPS.flatMap(({ kpis }) => kpis);

/** The moments that a number rests on, in order of time. */
export function momentsOf(kpi: Kpi, result: KpiResult): Moment[] {
  if (kpi.moments === undefined) return [];
  const kind = KIND_ALONE[kpi.path];
  const entries = result.list(kpi.moments).filter((entry) => kind === undefined || entry.text("kind") === kind);
  return entries.flatMap((entry) => momentOf(entry)).filter(belongsTo(kpi, result));
}

const KIND_ALONE: Partial<Record<string, string>> = { "rep.questions.open": "open", "rep.questions.closed": "closed" };

/** The list of monologues has the longest as well, which may be too short to count. */
function belongsTo(kpi: Kpi, result: KpiResult): (moment: Moment) => boolean {
  if (!kpi.path.endsWith(".monologues.count")) return () => true;
  const shortest = result.number("params.monologue_ms") ?? 0;
  return ({ ms }) => shortest <= (ms ?? 0);
}

function momentOf(entry: Entry): Moment[] {
  const at_ms = entry.number("at_ms") ?? entry.number("start_ms");
  if (at_ms === null) return [];
  const to_ms = entry.number("end_ms");
  const later = entry.text("later") === "rep" ? "rep_utterance" : "persona_utterance";
  return [
    {
      at_ms,
      to_ms,
      utterance_id: entry.text("utterance_id") ?? entry.text(later),
      said: entry.text("word") ?? entry.text("phrase") ?? entry.text("text"),
      ms: entry.number("response_ms") ?? (to_ms === null ? null : to_ms - at_ms),
    },
  ];
}
