import { expect, it } from "vitest";

import { dbfsOf, meterShare, SILENT_DBFS, smoothDbfs } from "./level";

it("knows how loud samples are", () => {
  expect(dbfsOf(new Float32Array(64))).toBe(SILENT_DBFS);
  expect(dbfsOf(new Float32Array(64).fill(-1))).toBe(0);
  // Half of full scale: 20 · log₁₀(0.5).
  expect(dbfsOf(new Float32Array(64).fill(0.5))).toBeCloseTo(-6.0206, 3);
  // A sine has 1/√2 of its peak: 3 dB below it.
  const sine = Float32Array.from({ length: 4800 }, (_, at) => Math.sin((2 * Math.PI * at) / 48));
  expect(dbfsOf(sine)).toBeCloseTo(-3.0103, 3);
  expect(dbfsOf(new Float32Array(64).fill(1e-9))).toBe(SILENT_DBFS);
});

it("rises at once and falls slowly", () => {
  // One time constant takes 1 − 1/e of the way: 63.2 %.
  expect(smoothDbfs(-60, -20, 20)).toBeCloseTo(-34.715, 2);
  expect(smoothDbfs(-20, -60, 180)).toBeCloseTo(-45.285, 2);
  expect(smoothDbfs(-20, -60, 20)).toBeCloseTo(-24.206, 2);
  expect(smoothDbfs(-40, -10, 0)).toBe(-40);
});

it("fills a meter", () => {
  expect(meterShare(SILENT_DBFS)).toBe(0);
  expect(meterShare(-60)).toBe(0);
  expect(meterShare(-30)).toBe(0.5);
  expect(meterShare(0)).toBe(1);
  expect(meterShare(3)).toBe(1);
});
