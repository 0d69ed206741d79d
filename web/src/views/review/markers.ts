import type { Speaker } from "../../protocol/messages";
import type { KpiResult } from "./kpis";
import type { CallRecord } from "./record";

/** Something of a call that is shown on its timeline. */
export type Marker = { id: string; at_ms: number; to_ms: number } & (
  | { kind: "cut"; speaker: Speaker }
  | { kind: "interruption"; speaker: Speaker }
  | { kind: "silence" }
  | { kind: "objection_raised" | "objection_satisfied" | "fact_revealed" | "goal_reached"; tag: string }
);

export type MarkerKind = Marker["kind"];

/**
 * What is marked, in order of time. Where an interruption made the other side stop, it is the cut that is shown, once;
 * `speaker` is who was cut off, or who interrupted.
 */
export function markersOf(record: CallRecord, result: KpiResult | null): Marker[] {
  const cut = new Set(record.utterances.filter(({ interrupted }) => interrupted).map(({ id }) => id));
  const markers = [
    ...cutsOf(record),
    ...(result === null ? [] : [...interruptionsOf(result, cut), ...silencesOf(result)]),
    ...happeningsOf(record),
  ];
  return markers.sort((one, other) => one.at_ms - other.at_ms);
}

/** The marker after a moment, or before it, to go to. */
export function nextMarker(markers: readonly Marker[], ms: number, way: 1 | -1): Marker | null {
  // Whoever goes back right after going to a marker means the one before it.
  const SLACK_MS = 1000;
  const found = way === 1 ? markers.find(({ at_ms }) => ms < at_ms) : markers.findLast(({ at_ms }) => at_ms < ms - SLACK_MS);
  return found ?? null;
}

function cutsOf({ utterances }: CallRecord): Marker[] {
  const cut = utterances.filter(({ interrupted }) => interrupted);
  return cut.map(({ id, speaker, end_ms }) => ({ id: `cut-${id}`, kind: "cut", speaker, at_ms: end_ms, to_ms: end_ms }));
}

function interruptionsOf(result: KpiResult, cut: ReadonlySet<string>): Marker[] {
  return (["rep", "persona"] as const).flatMap((speaker) => {
    const other = speaker === "rep" ? "persona_utterance" : "rep_utterance";
    const entries = result.list(`${speaker}.interruptions.events`);
    const alone = entries.filter((entry) => !cut.has(entry.text(other) ?? ""));
    return alone.map((entry): Marker => {
      const at_ms = entry.number("start_ms") ?? 0;
      return { id: `interruption-${speaker}-${at_ms}`, kind: "interruption", speaker, at_ms, to_ms: entry.number("end_ms") ?? at_ms };
    });
  });
}

function silencesOf(result: KpiResult): Marker[] {
  return result.list("call.silences").map((entry) => {
    const at_ms = entry.number("start_ms") ?? 0;
    return { id: `silence-${at_ms}`, kind: "silence", at_ms, to_ms: entry.number("end_ms") ?? at_ms };
  });
}

function happeningsOf({ events }: CallRecord): Marker[] {
  return events.flatMap((event, place) => {
    if (event.type === "reply_latency" || event.type === "reply_timing") return [];
    const { type, tag, at_ms } = event;
    return [{ id: `${type}-${tag}-${place}`, kind: type, tag, at_ms, to_ms: at_ms }];
  });
}
