import { readMessage, type ClientMessage, type EchoCancellation, type ServerMessage } from "../protocol/messages";
import { Malformed } from "../protocol/reading";
import type { Cause, Rung } from "./ladder";
import type { Speaker } from "./speaker";
import type { OpenedCall, Path } from "./state";

/** What a carrier tells of itself. After `lost` it tells nothing more. */
export interface CarrierListener {
  up: () => void;
  /** Nothing comes through for now; the carrier looks for another way by itself. */
  down: () => void;
  lost: (cause: Cause) => void;
  message: (message: ServerMessage) => void;
  path: (path: Path) => void;
}

export interface CarrierSettings {
  call: OpenedCall;
  rung: Rung;
  /** The microphone. */
  track: MediaStreamTrack;
  echoCancellation: EchoCancellation;
  /** Where the persona is heard. */
  speaker: Speaker;
  listener: CarrierListener;
}

/** A connection of a call, of whatever kind. It ends with its scope. */
export interface Carrier {
  /** Says something; false where nothing is connected. */
  send: (message: ClientMessage) => boolean;
  /** Takes another microphone. */
  setTrack: (track: MediaStreamTrack, echoCancellation: EchoCancellation) => Promise<void>;
}

/** How often the path is measured. */
export const PATH_EVERY_MS = 2000;

/** How long one way may take to connect before the next is tried. The first offers TCP too, which then is known to be slow. */
export const CONNECT_WITHIN_MS: Record<Rung, number> = { udp: 4000, tcp: 3000, websocket: 6000 };

/** What a text of the server says; null where the page does not know it, or it is broken. */
export function understood(data: unknown): ServerMessage | null {
  try {
    return typeof data === "string" ? readMessage(data) : null;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    // One broken message is no reason to end a call.
    console.warn(`a message was not understood: ${error.message}`);
    return null;
  }
}
