import { answered, api, Refused, Unreachable } from "../api/client";
import type { Fault, OpenedCall } from "./state";

/** Opens a call. The same key opens the same call, with a token that is signed anew. */
export async function openCall(scenarioId: string, key: string, signal: AbortSignal): Promise<OpenedCall> {
  const { call } = await answered(
    api.POST("/api/calls", { params: { header: { "Idempotency-Key": key } }, body: { scenario_id: scenarioId, channel: "voice" }, signal }),
  );
  const iceServers = call.ice_servers.map(({ urls, username, credential }) => ({
    urls,
    ...(typeof username === "string" ? { username } : {}),
    ...(typeof credential === "string" ? { credential } : {}),
  }));
  return { id: call.id, token: call.token, iceServers };
}

/** Ends a call for the rep. Ending it again changes nothing. */
export async function endCall(call: OpenedCall): Promise<void> {
  const headers = { Authorization: `Bearer ${call.token}` };
  // It is also sent as the page goes.
  await answered(api.POST("/api/calls/{id}/end", { params: { path: { id: call.id } }, headers, keepalive: true }));
}

/** How a call ended; null while it goes on. */
export async function callEnd(call: OpenedCall, signal: AbortSignal): Promise<{ reason: string; lengthMs: number | null } | null> {
  const { call: shown } = await answered(api.GET("/api/calls/{id}", { params: { path: { id: call.id } }, signal }));
  if (shown.status === "never_connected") return { reason: shown.status, lengthMs: null };
  // A server that was killed learns at its next start how the call ended.
  return typeof shown.end_reason === "string" ? { reason: shown.end_reason, lengthMs: shown.duration_ms ?? null } : null;
}

/** Why a call could not be opened. */
export function faultOfOpening(error: unknown): Fault {
  if (error instanceof Unreachable) return { what: "unreachable" };
  if (!(error instanceof Refused)) return { what: "refused", message: error instanceof Error ? error.message : "" };
  switch (error.status) {
    case 401:
      return { what: "signed_out" };
    case 403:
      return { what: "forbidden" };
    case 404:
      return { what: "unknown_scenario" };
    case 503:
      return { what: "busy" };
    default:
      return { what: "refused", message: error.message };
  }
}
