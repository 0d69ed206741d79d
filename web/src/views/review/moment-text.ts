import { strings } from "../../strings";
import type { Moment } from "./catalogue";
import type { CallRecord } from "./record";
import { formatLength } from "./units";

/** What a moment is, in a line: its own words, or what was said there, with its length. */
export function textOfMoment({ said, ms, utterance_id }: Moment, { utterances }: CallRecord): string {
  const quote = said ?? utterances.find(({ id }) => id === utterance_id)?.text ?? "";
  const length = ms === null ? "" : ms < 0 ? strings.review.timing.overlap(formatLength(-ms)) : formatLength(ms);
  if (quote === "") return length;
  return length === "" ? `“${quote}”` : `${length} · “${quote}”`;
}
