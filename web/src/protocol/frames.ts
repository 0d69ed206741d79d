import { Malformed } from "./reading";

/** The rate of sound on the audio socket, both ways. */
export const SOCKET_RATE = 16_000;

/** What one frame of the page carries: 20 ms. */
export const FRAME_SAMPLES = SOCKET_RATE / 50;

const CLIENT_HEAD_BYTES = 4;
const SERVER_HEAD_BYTES = 8;

/** The index counts on from 0 after that many samples. */
const INDEX_WRAPS_AT = 2 ** 32;

/** Up to 20 ms of the persona's voice. */
export interface SoundFrame {
  reply: number;
  /** The place of the first sample in the reply. */
  at: number;
  /** From −1 to 1. */
  samples: Float32Array;
}

/** 20 ms of the microphone, samples from −1 to 1, as the audio socket takes them. */
export function writeFrame(index: number, samples: Float32Array): ArrayBuffer {
  const bytes = new ArrayBuffer(CLIENT_HEAD_BYTES + 2 * samples.length);
  const view = new DataView(bytes);
  view.setUint32(0, index % INDEX_WRAPS_AT, true);
  samples.forEach((sample, at) => {
    const loud = Math.max(-1, Math.min(1, sample));
    view.setInt16(CLIENT_HEAD_BYTES + 2 * at, Math.round(32_767 * loud), true);
  });
  return bytes;
}

/** Reads a frame of the audio socket. Throws `Malformed` where it is none. */
export function readFrame(bytes: ArrayBuffer): SoundFrame {
  const size = bytes.byteLength - SERVER_HEAD_BYTES;
  if (size < 0 || size % 2 !== 0) throw new Malformed(`a frame of ${bytes.byteLength} bytes`);
  const view = new DataView(bytes);
  const samples = Float32Array.from({ length: size / 2 }, (_, at) => view.getInt16(SERVER_HEAD_BYTES + 2 * at, true) / 32_768);
  return { reply: view.getUint32(0, true), at: view.getUint32(4, true), samples };
}
