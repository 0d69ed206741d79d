import { describe, expect, it } from "vitest";

import { Resampler } from "./pcm-resample";

const tone = (hz: number, rate: number, length: number) =>
  Float32Array.from({ length }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hz * at) / rate));

/** Pieces as an audio worklet gets them. */
function inPieces(resampler: Resampler, sound: Float32Array, length = 128): Float32Array {
  const pieces: number[] = [];
  for (let at = 0; at < sound.length; at += length) pieces.push(...resampler.push(sound.subarray(at, at + length)));
  return Float32Array.from(pieces);
}

const rms = (sound: Float32Array) => Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);

describe("a resampler", () => {
  it.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [16_000, 48_000],
    [16_000, 44_100],
    [16_000, 16_000],
  ])("from %i to %i keeps a tone's length, place and loudness", (from, to) => {
    const made = inPieces(new Resampler(from, to), tone(440, from, from));
    // A second, less what is held back for the samples after it.
    expect(made.length).toBeGreaterThanOrEqual(to - 70);
    expect(made.length).toBeLessThanOrEqual(to);
    const expected = tone(440, to, to);
    const middle = [to * 0.2, to * 0.8].map(Math.round) as [number, number];
    let worst = 0;
    for (let at = middle[0]; at < middle[1]; at += 1) worst = Math.max(worst, Math.abs((made[at] ?? 0) - (expected[at] ?? 0)));
    expect(worst).toBeLessThan(0.005);
  });

  it("lets nothing through that the lower rate cannot hold", () => {
    const made = inPieces(new Resampler(48_000, 16_000), tone(10_000, 48_000, 48_000));
    // 40 dB below the tone's 0.354.
    expect(rms(made.subarray(200))).toBeLessThan(0.00354);
  });

  it("gives the same whatever the pieces are", () => {
    const sound = tone(1000, 48_000, 4800);
    const whole = new Resampler(48_000, 16_000).push(sound);
    expect(inPieces(new Resampler(48_000, 16_000), sound, 7)).toEqual(whole);
  });
});
