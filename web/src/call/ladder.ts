/** How a call may travel, the best first. */
export type Rung = "udp" | "tcp" | "websocket";

/** Why a connection did not come about, or did not last. */
export type Cause =
  /** No pair of addresses let anything through. */
  | "no_ice"
  /** The browser has no WebRTC, or it is switched off. */
  | "no_webrtc"
  /** The server cannot use what the browser offers. */
  | "unusable"
  /** Nothing came back: no network, or no server. */
  | "unreachable"
  | "busy"
  /** The call still has another connection. */
  | "already_connected"
  | "unknown_call"
  | "token"
  /** It was up, and broke. */
  | "broken";

/** Why a call does not travel the best way. */
export type Why = "udp_blocked" | "webrtc_blocked" | "no_webrtc";

/** The next way to try, with the reason; null where there is none, or another way would not help. */
export function nextRung(rung: Rung, cause: Cause): { rung: Rung; why: Why } | null {
  if (rung === "websocket") return null;
  if (cause === "no_webrtc" || cause === "unusable") return { rung: "websocket", why: "no_webrtc" };
  if (cause !== "no_ice") return null;
  return rung === "udp" ? { rung: "tcp", why: "udp_blocked" } : { rung: "websocket", why: "webrtc_blocked" };
}

/** What carries a call, once that is known. */
export type Protocol = "udp" | "tcp" | "websocket";

/** Why it is carried so. A browser that was offered both takes TCP by itself where UDP is shut. */
export function whyCarried(protocol: Protocol, why: Why | null): Why | null {
  if (protocol === "udp") return null;
  return why ?? (protocol === "tcp" ? "udp_blocked" : "webrtc_blocked");
}
