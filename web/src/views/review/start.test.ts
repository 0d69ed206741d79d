import { expect, it } from "vitest";

import { startOf } from "./start";

const start = (search: string) => startOf(new URLSearchParams(search), 90_000);

it("reads the second that an address names", () => {
  expect([start("t=83.4"), start("t=0"), start("x=1&t=7")]).toEqual([83_400, 0, 7000]);
});

it("takes nothing that is no moment of the call", () => {
  expect(["", "t=", "t=-5", "t=1e3", "t=abc", "t=90", "t=Infinity"].map(start)).toEqual(Array(7).fill(null));
});
