import type { Played } from "./pcm-playout";

/** The names of the worklet's two processors. */
export const CAPTURE = "ringcraft-capture";
export const PLAYBACK = "ringcraft-playback";

/** 20 ms of the microphone. */
export interface Captured {
  /** The place of the first sample since the microphone was opened, at 16 kHz. */
  index: number;
  samples: Float32Array;
}

/** What the playback is told. */
export type PlaybackCommand =
  | { type: "sound"; reply: number; at: number; samples: Float32Array }
  | { type: "pause" | "clear"; reply: number }
  | { type: "resume"; reply: number; from_sample: number }
  /** How long sound takes from here to the ear. */
  | { type: "latency"; seconds: number };

/** What it tells. */
export type PlaybackReport = Played;
