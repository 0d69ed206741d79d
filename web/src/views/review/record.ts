import { readUtterance, type Utterance } from "../../protocol/messages";
import { Fields, Malformed } from "../../protocol/reading";

/** Something that happened in a call beside the speech. */
export type RecordEvent =
  | { type: "objection_raised" | "objection_satisfied" | "fact_revealed" | "goal_reached"; at_ms: number; tag: string; utterance_id: string | null }
  | ({ type: "reply_timing" } & ReplyTiming)
  | { type: "reply_latency"; at_ms: number; latency_ms: number };

/** The moments on the way to a reply's first sample, which was sent at `at_ms`. Null where one did not happen. */
export interface ReplyTiming {
  at_ms: number;
  speech_end_ms: number | null;
  final_ms: number | null;
  due_ms: number | null;
  committed_ms: number | null;
  asked_ms: number | null;
  first_text_ms: number | null;
  first_chunk_ms: number | null;
  first_audio_ms: number | null;
}

/** What a call was made with. */
export interface ServedBy {
  scenario_version: number | null;
  prompt_hash: string | null;
}

/** Who said what, when: as docs/KPI.md defines it, as far as a review shows it. */
export interface CallRecord {
  duration_ms: number;
  language: string | null;
  recogniser: { name: string; word_times: boolean };
  /** By start, then end, then id. */
  utterances: Utterance[];
  /** By time. */
  events: RecordEvent[];
  /** The forms of each phrase that the rep has to say, by its id. */
  required_phrases: { id: string; any_of: string[] }[];
  served_by: ServedBy;
}

/** Reads a call record. Throws `Malformed` where a field that is shown holds what it may not. */
export function readRecord(value: unknown): CallRecord {
  const fields = new Fields(value);
  return {
    duration_ms: fields.count("duration_ms"),
    language: fields.maybeText("language") ?? null,
    recogniser: readRecogniser(memberOf(value, "recogniser")),
    utterances: fields.list("utterances").map(readUtterance).sort(inOrder),
    events: fields.list("events").flatMap(readEvent).sort((one, other) => one.at_ms - other.at_ms),
    required_phrases: readPhrases(memberOf(memberOf(value, "scenario"), "required_phrases")),
    served_by: readServedBy(memberOf(value, "served_by")),
  };
}

/** The name that a record gives a token of time, or of anything else, where it holds one. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function readRecogniser(value: unknown): CallRecord["recogniser"] {
  const name = memberOf(value, "name");
  return { name: typeof name === "string" ? name : "", word_times: memberOf(value, "word_times") !== false };
}

function readEvent(fields: Fields): RecordEvent[] {
  const type = fields.text("type");
  switch (type) {
    case "objection_raised":
    case "objection_satisfied":
    case "fact_revealed":
    case "goal_reached":
      return [{ type, at_ms: fields.count("at_ms"), tag: fields.text("tag"), utterance_id: fields.maybeText("utterance_id") ?? null }];
    case "reply_timing":
      return [{ type, ...readTiming(fields) }];
    case "reply_latency":
      return [{ type, at_ms: fields.count("at_ms"), latency_ms: fields.count("latency_ms") }];
    default:
      return [];
  }
}

function readTiming(fields: Fields): ReplyTiming {
  const moment = (name: string) => fields.maybeCount(name) ?? null;
  return {
    at_ms: fields.count("at_ms"),
    speech_end_ms: moment("speech_end_ms"),
    final_ms: moment("final_ms"),
    due_ms: moment("due_ms"),
    committed_ms: moment("committed_ms"),
    asked_ms: moment("asked_ms"),
    first_text_ms: moment("first_text_ms"),
    first_chunk_ms: moment("first_chunk_ms"),
    first_audio_ms: moment("first_audio_ms"),
  };
}

function readPhrases(value: unknown): CallRecord["required_phrases"] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Malformed('"required_phrases" is not a list');
  return value.map((phrase: unknown) => {
    const forms = memberOf(phrase, "any_of");
    const any_of = Array.isArray(forms) ? forms.filter((form) => typeof form === "string") : [];
    return { id: new Fields(phrase).text("id"), any_of };
  });
}

function readServedBy(value: unknown): ServedBy {
  const version = memberOf(value, "scenario_version");
  const hash = memberOf(value, "prompt_hash");
  return {
    scenario_version: typeof version === "number" ? version : null,
    prompt_hash: typeof hash === "string" ? hash : null,
  };
}

function inOrder(one: Utterance, other: Utterance): number {
  return one.start_ms - other.start_ms || one.end_ms - other.end_ms || (one.id < other.id ? -1 : 1);
}
