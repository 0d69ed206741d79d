import type { Path } from "./state";

/** What of a connection's statistics says how it goes. */
interface Stat {
  type: string;
  selectedCandidatePairId?: string;
  selected?: boolean;
  remoteCandidateId?: string;
  localCandidateId?: string;
  protocol?: string;
  relayProtocol?: string;
  currentRoundTripTime?: number;
}

/** How a peer connection goes; null until it has found its way. */
export function pathOf(stats: { forEach: (each: (stat: Stat, id: string) => void) => void }): Path | null {
  const all = new Map<string, Stat>();
  stats.forEach((stat, id) => all.set(id, stat));
  const transport = [...all.values()].find(({ type }) => type === "transport");
  // Firefox names no transport, but marks the pair.
  const marked = [...all.values()].find(({ type, selected }) => type === "candidate-pair" && selected === true);
  const pair = all.get(transport?.selectedCandidatePairId ?? "") ?? marked;
  const local = all.get(pair?.localCandidateId ?? "");
  if (pair === undefined || local === undefined) return null;
  // A relay is spoken with in its own way, whatever it speaks to the server.
  const protocol = (local.relayProtocol ?? local.protocol ?? "udp").toLowerCase() === "udp" ? "udp" : "tcp";
  const seconds = pair.currentRoundTripTime;
  return { protocol, roundTripMs: seconds === undefined ? null : Math.round(1000 * seconds) };
}
