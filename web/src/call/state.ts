import type { MicrophoneFault } from "../audio/devices";
import type { Listener } from "../protocol/messages";
import { NO_CAPTIONS, type Captions } from "./captions";
import { SILENT, type Voices } from "./coaching-voices";
import type { Protocol, Rung, Why } from "./ladder";

/** A call that was opened, with what it takes to connect to it. */
export interface OpenedCall {
  id: string;
  token: string;
  iceServers: RTCIceServer[];
}

/** What the persona does. */
export type Doing = "listening" | "thinking" | "speaking" | "waiting";

/** What stands in the way of a call. */
export type Fault =
  | { what: "microphone"; fault: MicrophoneFault }
  | { what: "refused"; message: string }
  | {
      what:
        | "signed_out"
        | "expired"
        | "forbidden"
        | "unknown_scenario"
        | "unknown_call"
        /** The call is connected from another browser or device. */
        | "taken"
        | "busy"
        /** Nothing comes back from the server. */
        | "unreachable"
        /** Every way was tried. */
        | "no_way";
    };

/** Where a call is. */
export type Phase =
  /** Other tabs are asked, the microphone and the call are opened. */
  | { at: "opening" }
  /** Another tab has a call; or this one had, and the other took it. */
  | { at: "elsewhere"; wasTaken: boolean }
  | { at: "connecting" }
  | { at: "live" }
  /** It was live, and may be so again. `isServerAway`: not even the server's answers come. */
  | { at: "reconnecting"; isServerAway: boolean }
  /** The rep hung up, and the server's goodbye is to come. */
  | { at: "ending" }
  | { at: "over"; reason: string; lengthMs: number | null }
  | { at: "failed"; fault: Fault };

/** The tries to connect that belong together. */
export interface Trying {
  /** Counts connections; what an earlier one still says changes nothing. */
  link: number;
  rung: Rung;
  why: Why | null;
  /** Since when the call has no connection. */
  sinceMs: number;
  /** The token was renewed once already. */
  isRenewed: boolean;
}

/** How the call travels. */
export interface Path {
  protocol: Protocol;
  roundTripMs: number | null;
}

/** What happened to the microphone in mid-call. */
export type MicrophoneNotice =
  | { what: "muted_by_system" }
  | { what: "replaced"; label: string }
  /** Another one was chosen, and could not be opened; the one before goes on. */
  | { what: "not_opened"; fault: MicrophoneFault }
  | { what: "lost"; fault: MicrophoneFault };

export interface CallState {
  phase: Phase;
  call: OpenedCall | null;
  trying: Trying;
  path: Path | null;
  doing: Doing;
  isRepSpeaking: boolean;
  /** Nothing comes from the rep, says the server. */
  isHeld: boolean;
  captions: Captions;
  voices: Voices;
  /** The moment of `call.connected`. */
  connectedAtMs: number | null;
  isMuted: boolean;
  /** Whether the rep speaks, or only types. */
  voice: "microphone" | "typing";
  microphoneLabel: string;
  microphone: MicrophoneNotice | null;
  /** The persona may hear itself. */
  hasEcho: boolean;
  listeners: readonly Listener[];
  isOffline: boolean;
  /** The browser plays nothing before somebody taps. */
  isSoundBlocked: boolean;
  hasNoSpeaker: boolean;
  /** The server does not take typed turns. */
  cannotType: boolean;
}

/** A view that was opened just now. */
export const NEW_CALL: CallState = {
  phase: { at: "opening" },
  call: null,
  trying: { link: 0, rung: "udp", why: null, sinceMs: 0, isRenewed: false },
  path: null,
  doing: "waiting",
  isRepSpeaking: false,
  isHeld: false,
  captions: NO_CAPTIONS,
  voices: SILENT,
  connectedAtMs: null,
  isMuted: false,
  voice: "microphone",
  microphoneLabel: "",
  microphone: null,
  hasEcho: false,
  listeners: [],
  isOffline: false,
  isSoundBlocked: false,
  hasNoSpeaker: false,
  cannotType: false,
};
