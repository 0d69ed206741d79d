import { expect, it } from "vitest";

import { readOutline } from "./peaks";

it("draws the loudest of both sides as full", () => {
  const outline = readOutline({ rep: { min: [-64, 0], max: [10, 32] }, persona: { min: [0, -16], max: [0, 8] } });
  expect([...outline.rep]).toEqual([1, 0.5]);
  expect([...outline.persona]).toEqual([0, 0.25]);
});

it("leaves silence silent", () => {
  const outline = readOutline({ rep: { min: [-1], max: [0] }, persona: { min: [0], max: [0] } });
  // 1 / 128, held against 0.1 and not against itself.
  expect(outline.rep[0]).toBeCloseTo(0.078125, 6);
});

it("makes no more columns than can be seen, and loses no peak", () => {
  const max = Array.from({ length: 9000 }, (_, at) => (at === 8999 ? 127 : 1));
  const { rep } = readOutline({ rep: { min: max.map(() => 0), max }, persona: {} });
  // 9000 in groups of 3.
  expect(rep).toHaveLength(3000);
  expect(rep.at(-1)).toBe(1);
});

it("is empty where there is nothing to read", () => {
  expect(readOutline(null).rep).toHaveLength(0);
  expect(readOutline({ rep: { min: ["x"], max: ["y"] } }).rep).toHaveLength(0);
});
