import { expect, it } from "vitest";

import { pages } from "./people";

it("reads every page, each from where the one before ended", async () => {
  const asked: (string | undefined)[] = [];
  const rows = await pages(({ cursor, limit }) => {
    expect(limit).toBe(100);
    asked.push(cursor);
    return Promise.resolve(cursor === undefined ? { rows: [1, 2], next: "b" } : { rows: [3], next: null });
  });
  expect(rows).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, "b"]);
});

it("stops at a bound where a list has no end", async () => {
  const rows = await pages(() => Promise.resolve({ rows: ["x"], next: "more" }));
  expect(rows).toHaveLength(5);
});
