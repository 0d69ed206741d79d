import { expect, it } from "vitest";

import { judgeEcho, pitchDbfs } from "./echo";

const sine = (pitchHz: number, amplitude: number) =>
  Float32Array.from({ length: 4800 }, (_, at) => amplitude * Math.sin((2 * Math.PI * pitchHz * at) / 48_000));

it("measures one pitch and no other", () => {
  // A sine has 1/√2 of its peak.
  expect(pitchDbfs(sine(880, 1), 48_000, 880)).toBeCloseTo(-3.01, 1);
  expect(pitchDbfs(sine(880, 0.1), 48_000, 880)).toBeCloseTo(-23.01, 1);
  expect(pitchDbfs(sine(880, 1), 48_000, 660)).toBeLessThan(-50);
  expect(pitchDbfs(new Float32Array(4800), 48_000, 880)).toBe(-100);
});

it("hears a tone that comes back", () => {
  expect(judgeEcho([-80, -78, -82], [-40, -42, -41])).toBe("heard");
  expect(judgeEcho([-80], [-68])).toBe("none");
  expect(judgeEcho([-77], [-65])).toBe("heard");
  expect(judgeEcho([-60], [-49])).toBe("none");
});

it("goes by the middle, not by a knock", () => {
  expect(judgeEcho([-80, -80, -20], [-78, -78, -15])).toBe("none");
});

it("does not judge what it cannot hear", () => {
  expect(judgeEcho([-40, -38], [-20])).toBe("unclear");
  expect(judgeEcho([], [-20])).toBeNull();
  expect(judgeEcho([-80], [])).toBeNull();
});
