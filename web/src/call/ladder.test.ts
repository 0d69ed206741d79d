import { describe, expect, it } from "vitest";

import { nextRung, whyCarried, type Cause, type Protocol, type Rung, type Why } from "./ladder";

describe("the next way to try", () => {
  const table: [Rung, Cause, { rung: Rung; why: Why } | null][] = [
    ["udp", "no_ice", { rung: "tcp", why: "udp_blocked" }],
    ["tcp", "no_ice", { rung: "websocket", why: "webrtc_blocked" }],
    ["websocket", "no_ice", null],
    ["udp", "no_webrtc", { rung: "websocket", why: "no_webrtc" }],
    ["udp", "unusable", { rung: "websocket", why: "no_webrtc" }],
    ["tcp", "unusable", { rung: "websocket", why: "no_webrtc" }],
    ["websocket", "no_webrtc", null],
    // Another way leads to the same server.
    ["udp", "unreachable", null],
    ["udp", "busy", null],
    ["udp", "already_connected", null],
    ["tcp", "unknown_call", null],
    ["udp", "token", null],
    ["udp", "broken", null],
  ];
  it.each(table)("after %s and %s", (rung, cause, next) => {
    expect(nextRung(rung, cause)).toEqual(next);
  });
});

describe("why a call is carried so", () => {
  const table: [Protocol, Why | null, Why | null][] = [
    ["udp", null, null],
    // A later try found a better way.
    ["udp", "udp_blocked", null],
    ["tcp", null, "udp_blocked"],
    ["tcp", "udp_blocked", "udp_blocked"],
    ["websocket", "no_webrtc", "no_webrtc"],
    ["websocket", null, "webrtc_blocked"],
  ];
  it.each(table)("%s after %s", (protocol, before, why) => {
    expect(whyCarried(protocol, before)).toBe(why);
  });
});
