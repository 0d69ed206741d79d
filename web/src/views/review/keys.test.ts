import { expect, it } from "vitest";

import { commandOf, type Press } from "./keys";

const press = (key: string, where: Partial<Press> = {}) =>
  commandOf({ key, hasModifier: false, isInField: false, isOnButton: false, hasArrows: false, ...where });

it("reads letters whatever their case", () => {
  expect([press(" "), press("k"), press("K"), press("J"), press("ArrowLeft"), press("Escape"), press("q")]).toEqual([
    "toggle", "toggle", "toggle", "back_10", "back_5", "loop_end", null,
  ]);
});

it("leaves keys to whom they belong", () => {
  expect(press("j", { isInField: true })).toBeNull();
  expect(press("l", { hasModifier: true })).toBeNull();
  expect(press(" ", { isOnButton: true })).toBeNull();
  expect(press("k", { isOnButton: true })).toBe("toggle");
  expect(press("ArrowRight", { hasArrows: true })).toBeNull();
  expect(press("l", { hasArrows: true })).toBe("forward_10");
});
