import { queryOptions } from "@tanstack/react-query";

import { answered, api } from "../../api/client";
import { withoutUdp } from "../../protocol/sdp";
import { Scope } from "../../scope";

/** How a call could travel from here. */
export type Path =
  | "udp"
  | "tcp"
  | "websocket"
  /** The server answers, and lets no sound through on any way. */
  | "none"
  | "unreachable"
  /** The server has no time for checks now, or none to offer. */
  | "unchecked";

/** What came of one try. */
export type Tried = "udp" | "tcp" | "websocket" | "failed" | "unreachable" | "unchecked";

/** The tries, so that their order can be tested without a network. */
export interface Ways {
  webrtc: (answers: "all" | "without_udp") => Promise<Tried>;
  websocket: () => Promise<Tried>;
}

const ADDRESS = "/api/connection-check";

/** Longer than ICE takes on a slow network; a person waits for it. */
const CONNECT_WITHIN_MS = 4_000;

/** Networks are changed rarely, and a call finds its own way in any case. */
const STALE_MS = 5 * 60_000;

/** How a call could travel from here, found out once in a while. */
export const connectionQuery = queryOptions({
  queryKey: ["connection-check"],
  queryFn: async ({ signal }) => {
    const scope = new Scope();
    scope.on(signal, "abort", () => scope.end());
    try {
      return await findPath(waysIn(scope));
    } finally {
      scope.end();
    }
  },
  networkMode: "always",
  refetchOnWindowFocus: false,
  retry: false,
  staleTime: STALE_MS,
});

/** Tries the ways of a call, the best first. */
export async function findPath({ webrtc, websocket }: Ways): Promise<Path> {
  // By itself a browser takes TCP where UDP gets nowhere; some need to be told.
  for (const answers of ["all", "without_udp"] as const) {
    const tried = await webrtc(answers);
    if (tried !== "failed") return tried;
  }
  const tried = await websocket();
  return tried === "failed" ? "none" : tried;
}

/** Which way the server says the connection came; null for other messages. */
export function readChecked(message: unknown): "udp" | "tcp" | null {
  if (typeof message !== "string") return null;
  try {
    const { type, protocol } = JSON.parse(message) as { type?: unknown; protocol?: unknown };
    return type === "connection.checked" && (protocol === "udp" || protocol === "tcp") ? protocol : null;
  } catch {
    return null;
  }
}

const waysIn = (scope: Scope): Ways => ({
  webrtc: (answers) => within(scope, (own) => connect(own, answers)),
  websocket: () => within(scope, knock),
});

/** One try in a scope of its own, and no longer than people wait. */
async function within(scope: Scope, attempt: (own: Scope) => Promise<Tried>): Promise<Tried> {
  const own = scope.child();
  try {
    const tooLong = own.wait(CONNECT_WITHIN_MS).then((): Tried => "failed");
    return await Promise.race([attempt(own), tooLong]);
  } catch (error) {
    if (scope.isOver) throw error;
    return "failed";
  } finally {
    own.end();
  }
}

async function connect(scope: Scope, answers: "all" | "without_udp"): Promise<Tried> {
  const connection = new RTCPeerConnection({ iceServers: await iceServers(scope) });
  scope.onEnd(() => connection.close());
  connection.addTransceiver("audio", { direction: "sendrecv" });
  const channel = connection.createDataChannel("events");
  const checked = new Promise<Tried>((resolve) => {
    scope.on(channel, "message", (event) => {
      const protocol = readChecked((event as MessageEvent).data);
      if (protocol !== null) resolve(protocol);
    });
    scope.on(connection, "connectionstatechange", () => {
      if (connection.connectionState === "failed") resolve("failed");
    });
  });
  await connection.setLocalDescription(await connection.createOffer());
  const answer = await post(scope, connection.localDescription?.sdp ?? "");
  if (answer.sdp === null) return answer.tried;
  const sdp = answers === "all" ? answer.sdp : withoutUdp(answer.sdp);
  await connection.setRemoteDescription({ type: "answer", sdp });
  return checked;
}

/** What a call would be told of; none where the server does not say. */
async function iceServers(scope: Scope): Promise<RTCIceServer[]> {
  try {
    const { ice_servers } = await answered(api.GET("/api/connection-check/webrtc", { signal: scope.signal() }));
    return ice_servers.map(({ urls, username, credential }) => ({
      urls,
      ...(typeof username === "string" && { username }),
      ...(typeof credential === "string" && { credential }),
    }));
  } catch {
    return [];
  }
}

async function post(scope: Scope, offer: string): Promise<{ sdp: string } | { sdp: null; tried: Tried }> {
  const headers = { "Content-Type": "application/sdp" };
  let response: Response;
  try {
    response = await fetch(`${ADDRESS}/webrtc`, { method: "POST", headers, body: offer, signal: scope.signal() });
  } catch {
    return { sdp: null, tried: "unreachable" };
  }
  if (response.ok) return { sdp: await response.text() };
  // An offer that the server cannot use says that the browser has no WebRTC for it; anything else tells nothing.
  return { sdp: null, tried: response.status === 422 ? "failed" : "unchecked" };
}

/** Whether a WebSocket opens, and says back what it is told. */
function knock(scope: Scope): Promise<Tried> {
  const address = new URL(`${ADDRESS}/websocket`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  scope.onEnd(() => socket.close());
  return new Promise((resolve) => {
    scope.on(socket, "open", () => socket.send("knock"));
    scope.on(socket, "message", () => resolve("websocket"));
    scope.on(socket, "error", () => resolve("failed"));
    scope.on(socket, "close", () => resolve("failed"));
  });
}
