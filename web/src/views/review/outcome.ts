import { strings } from "../../strings";
import type { KpiResult } from "./kpis";
import { formatLength, formatTag } from "./units";

/** Who took part, as the reader knows them. */
export interface Names {
  rep: string;
  persona: string;
  /** The reader is the rep. */
  isOwn: boolean;
}

const words = strings.review.outcome;

/** How a call ended and what came of it, in a sentence or two. */
export function outcomeOf(names: Names, reason: string | null, durationMs: number | null, result: KpiResult | null): string {
  const ended = endOf(names, reason, durationMs === null ? "" : formatLength(durationMs));
  const goals = result === null ? "" : goalsOf(result);
  return goals === "" ? ended : `${ended} ${goals}`;
}

function endOf({ rep, persona, isOwn }: Names, reason: string | null, length: string): string {
  const who = isOwn ? words.you : rep;
  switch (reason) {
    case "rep_hung_up":
      return words.repHungUp(who, length);
    case "buyer_hung_up":
      return words.buyerHungUp(persona, length);
    case "completed":
      return words.completed(persona, length);
    case "rep_silent":
      return words.repSilent(who, length);
    case "rep_lost":
      return words.repLost(isOwn ? words.your : words.of(rep), length);
    case "time_limit":
      return words.timeLimit(length);
    case "vendor_lost":
      return words.vendorLost(length);
    case "server_drain":
      return words.serverDrain(length);
    case "server_lost":
      return words.serverLost(length);
    default:
      return words.unknown(length);
  }
}

function goalsOf(result: KpiResult): string {
  const goals = result.list("scenario.goals");
  const reached = goals.filter((goal) => goal.number("reached_at_ms") !== null).map((goal) => formatTag(goal.text("tag") ?? ""));
  if (goals.length === 0) return "";
  return reached.length === 0 ? words.noGoal : words.goals(new Intl.ListFormat(strings.locale).format(reached), reached.length);
}
