import { Malformed } from "../../protocol/reading";

/** The rate of what a listener hears. */
export const LISTEN_RATE = 16_000;

const HEAD_BYTES = 4;
const PAIR_BYTES = 4;

/** A tenth of a second of a call, each side by itself, samples from −1 to 1. */
export interface Piece {
  /** The place of its first sample on the call's clock. */
  at: number;
  rep: Float32Array<ArrayBuffer>;
  persona: Float32Array<ArrayBuffer>;
}

/** Reads a binary message of the listener's socket. Throws `Malformed` where it is none. */
export function readPiece(bytes: ArrayBuffer): Piece {
  const size = bytes.byteLength - HEAD_BYTES;
  if (size <= 0 || size % PAIR_BYTES !== 0) throw new Malformed(`a piece of ${bytes.byteLength} bytes`);
  const view = new DataView(bytes);
  const pairs = size / PAIR_BYTES;
  const rep = new Float32Array(pairs);
  const persona = new Float32Array(pairs);
  for (let pair = 0; pair < pairs; pair += 1) {
    rep[pair] = view.getInt16(HEAD_BYTES + PAIR_BYTES * pair, true) / 32_768;
    persona[pair] = view.getInt16(HEAD_BYTES + PAIR_BYTES * pair + 2, true) / 32_768;
  }
  return { at: view.getUint32(0, true), rep, persona };
}
