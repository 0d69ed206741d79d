import type { Device, MicrophoneEvent, MicrophoneFault } from "../../audio/devices";
import type { Echo } from "../../audio/echo";

/** How the check of this device stands. */
export interface Check {
  microphone: MicrophoneState;
  /** The microphone heard somebody speak. */
  isVoiceHeard: boolean;
  speaker: SpeakerState;
  echo: Echo | null;
}

export type MicrophoneState =
  | { is: "closed" }
  | { is: "opening" }
  | { is: "open"; device: Device; isReplacement: boolean; isMuted: boolean; hasEcho: boolean }
  | { is: "gone" }
  | { is: "fault"; fault: MicrophoneFault };

export type SpeakerState =
  | "untried"
  | "playing"
  /** The tone was played, and the person is asked. */
  | "asking"
  | "heard"
  | "not_heard"
  /** The browser played nothing. */
  | "failed";

export type CheckEvent =
  | { type: "opening" }
  | { type: "opened"; device: Device; isReplacement: boolean; isMuted: boolean; hasEcho: boolean }
  | { type: "not_opened"; fault: MicrophoneFault }
  | { type: "microphone"; event: MicrophoneEvent }
  | { type: "voice_heard" }
  | { type: "tone_began" }
  | { type: "tone_over"; echo: Echo | null }
  | { type: "tone_failed" }
  | { type: "speaker_changed" }
  | { type: "answered"; isHeard: boolean };

export const UNCHECKED: Check = { microphone: { is: "closed" }, isVoiceHeard: false, speaker: "untried", echo: null };

/** How the check stands after one more event. */
export function step(check: Check, event: CheckEvent): Check {
  switch (event.type) {
    // Another microphone hears the speaker in its own way.
    case "opening":
      return { ...check, microphone: { is: "opening" }, isVoiceHeard: false, echo: null };
    case "opened": {
      const { device, isReplacement, isMuted, hasEcho } = event;
      return { ...check, microphone: { is: "open", device, isReplacement, isMuted, hasEcho } };
    }
    case "not_opened":
      return { ...check, microphone: { is: "fault", fault: event.fault }, isVoiceHeard: false };
    case "microphone":
      return happened(check, event.event);
    case "voice_heard":
      return { ...check, isVoiceHeard: check.microphone.is === "open" };
    case "tone_began":
      return { ...check, speaker: "playing", echo: null };
    case "tone_over":
      return check.speaker === "playing" ? { ...check, speaker: "asking", echo: event.echo } : check;
    case "tone_failed":
      return { ...check, speaker: "failed", echo: null };
    case "speaker_changed":
      return { ...check, speaker: "untried", echo: null };
    case "answered":
      return { ...check, speaker: event.isHeard ? "heard" : "not_heard" };
  }
}

/** Whether there is nothing left to check. */
export const isChecked = ({ microphone, isVoiceHeard, speaker }: Check): boolean =>
  microphone.is === "open" && isVoiceHeard && speaker === "heard";

function happened(check: Check, event: MicrophoneEvent): Check {
  const { microphone } = check;
  if (microphone.is !== "open") return check;
  if (event === "ended") return { ...check, microphone: { is: "gone" }, isVoiceHeard: false };
  return { ...check, microphone: { ...microphone, isMuted: event === "muted" } };
}
