import type { MicrophoneFault } from "../audio/devices";
import type { EchoCancellation, ServerMessage } from "../protocol/messages";
import type { Cause, Rung } from "./ladder";
import type { Kept } from "./kept";
import type { Fault, OpenedCall, Path } from "./state";

/** What a timer is for. A new one takes the place of an earlier one for the same. */
export type Timer =
  /** To connect again. */
  | "retry"
  /** The server did not say goodbye. */
  | "goodbye";

/** What happens to a call in the browser. */
export type CallEvent =
  | { type: "started"; kept: Kept | null }
  | { type: "other_tab"; hasCall: boolean }
  /** Another tab took the call of this one. */
  | { type: "taken" }
  | { type: "microphone_opened"; label: string; echoCancellation: EchoCancellation }
  /** `hasOther`: the one before still listens. */
  | { type: "microphone_failed"; fault: MicrophoneFault; hasOther: boolean }
  /** A device came or went. */
  | { type: "microphone_plugged" }
  | { type: "microphone_muted"; isMuted: boolean }
  | { type: "microphone_ended" }
  | { type: "call_opened"; call: OpenedCall }
  | { type: "call_refused"; fault: Fault }
  | { type: "link_up"; link: number }
  /** Nothing comes through for now; the link tries by itself. */
  | { type: "link_down"; link: number }
  | { type: "link_lost"; link: number; cause: Cause }
  | { type: "path"; link: number; path: Path }
  | { type: "message"; link: number; message: ServerMessage }
  | { type: "timer"; timer: Timer }
  /** What the server says became of the call. Null: nothing yet, it goes on. */
  | { type: "looked_up"; end: { reason: string; lengthMs: number | null } | null }
  | { type: "look_up_failed"; cause: "unreachable" | "unknown_call" | "token" }
  | { type: "ended_by_request" }
  | { type: "network"; isOffline: boolean }
  | { type: "sound_blocked"; isBlocked: boolean }
  | { type: "speakers"; hasNone: boolean }
  // What the person does.
  | { type: "mute"; isMuted: boolean }
  | { type: "say"; text: string }
  | { type: "hang_up" }
  | { type: "retry" }
  | { type: "type_instead" }
  | { type: "take_over" }
  | { type: "choose_microphone"; deviceId: string }
  | { type: "hear" };

/** What is to be done about it. */
export type Effect =
  | { type: "ask_tabs" }
  | { type: "take_over" }
  | { type: "open_microphone"; deviceId?: string }
  /** A microphone that is silent, for who types. */
  | { type: "open_silence" }
  | { type: "open_call" }
  | { type: "connect"; link: number; rung: Rung; call: OpenedCall }
  | { type: "disconnect" }
  | { type: "send_hang_up" }
  | { type: "send_say"; text: string }
  | { type: "end_by_request"; call: OpenedCall }
  | { type: "look_up"; call: OpenedCall }
  | { type: "set_muted"; isMuted: boolean }
  | { type: "after"; timer: Timer; ms: number }
  /** The call can be gone on with after a reload. */
  | { type: "keep" }
  | { type: "forget" }
  /** Microphone, connection and sound are given back. */
  | { type: "let_go" }
  | { type: "unblock_sound" };
