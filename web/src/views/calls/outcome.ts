import type { CallSummary } from "../../api/calls";
import { strings } from "../../strings";

/** How a call looks in a list: what came of it, in words. */
export interface Outcome {
  text: string;
  tone: "neutral" | "accent" | "warn" | "bad";
}

/** What came of a call so far. `isOwn` says whether it is told to whoever made it. */
export function outcomeOf(call: CallSummary, isOwn: boolean): Outcome {
  const words = strings.practice.calls;
  switch (call.status) {
    case "waiting":
    case "sealing":
      return { text: words.status[call.status], tone: "neutral" };
    case "live":
      return { text: words.status.live, tone: "accent" };
    case "failed":
      return { text: words.status.failed, tone: "bad" };
    case "never_connected":
      return { text: words.status.never_connected, tone: "neutral" };
    case "completed":
      return ended(call.end_reason ?? "", isOwn);
  }
}

function ended(reason: string, isOwn: boolean): Outcome {
  const { ended } = strings.practice.calls;
  switch (reason) {
    case "rep_hung_up":
      return { text: isOwn ? ended.youHungUp : ended.repHungUp, tone: "neutral" };
    case "buyer_hung_up":
      return { text: ended.buyerHungUp, tone: "warn" };
    case "completed":
      return { text: ended.completed, tone: "neutral" };
    case "rep_silent":
      return { text: isOwn ? ended.youWereSilent : ended.repWasSilent, tone: "warn" };
    case "rep_lost":
      return { text: ended.connectionLost, tone: "warn" };
    case "time_limit":
      return { text: ended.timeLimit, tone: "neutral" };
    case "vendor_lost":
    case "server_drain":
    case "server_lost":
      return { text: ended.server, tone: "warn" };
    default:
      return { text: ended.other, tone: "neutral" };
  }
}
