import { expect, it } from "vitest";

import type { CallSummary } from "../../api/calls";
import { outcomeOf } from "./outcome";

const call: CallSummary = {
  id: "c",
  status: "completed",
  channel: "voice",
  scenario: { id: "rachel", title: "Rachel" },
  user: { id: "u", name: "Robin Reyes" },
  created_at: "2026-03-01T10:00:00Z",
};

it("tells how a call ended to whoever made it, and to others", () => {
  const ended = { ...call, end_reason: "rep_hung_up" };
  expect(outcomeOf(ended, true).text).toBe("You hung up");
  expect(outcomeOf(ended, false).text).toBe("Rep hung up");
  expect(outcomeOf({ ...call, end_reason: "buyer_hung_up" }, true)).toEqual({ text: "Buyer hung up", tone: "warn" });
});

it("has words for every reason of docs/PROTOCOL.md, and for those to come", () => {
  const reasons = ["completed", "rep_silent", "rep_lost", "time_limit", "vendor_lost", "server_drain", "server_lost"];
  for (const end_reason of reasons) expect(outcomeOf({ ...call, end_reason }, true).text).not.toBe("Ended");
  expect(outcomeOf({ ...call, end_reason: "moon_fell_down" }, true).text).toBe("Ended");
  expect(outcomeOf(call, true).text).toBe("Ended");
});

it("tells how far a call has come before it is completed", () => {
  expect(outcomeOf({ ...call, status: "live" }, true)).toEqual({ text: "Live now", tone: "accent" });
  expect(outcomeOf({ ...call, status: "failed", end_reason: "rep_hung_up" }, true).tone).toBe("bad");
});
