import { expect, it } from "vitest";

import { readFrame, writeFrame } from "./frames";
import { Malformed } from "./reading";

it("writes the index and signed samples, little-endian", () => {
  const bytes = new Uint8Array(writeFrame(320, Float32Array.of(0, 1, -1, 0.5, 3)));
  // 16384 is 32767 / 2, rounded up; what is louder than full is full.
  expect([...bytes]).toEqual([0x40, 0x01, 0, 0, 0, 0, 0xff, 0x7f, 0x01, 0x80, 0x00, 0x40, 0xff, 0x7f]);
});

it("begins the index at 0 again after 2^32 samples", () => {
  const bytes = writeFrame(2 ** 32 + 640, new Float32Array(0));
  expect(new DataView(bytes).getUint32(0, true)).toBe(640);
});

it("reads the reply, the place and the samples", () => {
  const bytes = Uint8Array.of(7, 0, 0, 0, 0x00, 0x50, 0, 0, 0x00, 0x40, 0x00, 0x80).buffer;
  const { reply, at, samples } = readFrame(bytes);
  expect([reply, at, ...samples]).toEqual([7, 20_480, 0.5, -1]);
});

it("takes no frame that is cut off", () => {
  expect(() => readFrame(new ArrayBuffer(7))).toThrow(Malformed);
  expect(() => readFrame(new ArrayBuffer(9))).toThrow(Malformed);
  expect(readFrame(new ArrayBuffer(8)).samples).toHaveLength(0);
});
