import { expect, it } from "vitest";

import { isFor, placeOf } from "./places";
import type { Me } from "./session";

const person = (role: Me["role"]): Me => ({ id: "1", name: "Robin", email: "r@example.com", role, org: { id: "2", name: "Org" }, teams: [] });

it("knows which views lie inside others", () => {
  const rep = person("rep");
  expect(placeOf("/practice", rep)).toEqual({ kind: "top" });
  expect(placeOf("/practice/rachel", rep)).toEqual({ kind: "inside", parent: "/practice" });
  expect(placeOf("/practice/rachel/call", rep)).toEqual({ kind: "call" });
  expect(placeOf("/practice/call", rep)).toEqual({ kind: "inside", parent: "/practice" });
  expect(placeOf("/account/", rep)).toEqual({ kind: "top" });
});

it("leads back to the list that somebody came from", () => {
  expect(placeOf("/calls/7", person("rep"))).toEqual({ kind: "inside", parent: "/calls" });
  expect(placeOf("/calls/7/listen", person("manager"))).toEqual({ kind: "inside", parent: "/team" });
});

it("leads back to the filters that somebody left", () => {
  const manager = person("manager");
  expect(placeOf("/calls/7", manager, "/team?q=Robin")).toEqual({ kind: "inside", parent: "/team?q=Robin" });
  expect(placeOf("/calls/7", manager, "/calls")).toEqual({ kind: "inside", parent: "/calls" });
  expect(placeOf("/calls/7", manager, "/account")).toEqual({ kind: "inside", parent: "/team" });
  expect(placeOf("/practice/rachel", manager, "/team")).toEqual({ kind: "inside", parent: "/practice" });
});

it("shows hr that calls were held, and nothing else", () => {
  const hr = person("hr");
  expect(["/team", "/account", "/"].map((path) => isFor(path, hr))).toEqual([true, true, true]);
  expect(["/practice", "/practice/rachel", "/calls", "/calls/7", "/calls/7/listen"].some((path) => isFor(path, hr))).toBe(false);
});

it("shows reps their own calls, and managers all", () => {
  expect(isFor("/team", person("rep"))).toBe(false);
  expect(isFor("/calls/7", person("rep"))).toBe(true);
  expect(isFor("/team", person("manager"))).toBe(true);
  expect(isFor("/practice", person("manager"))).toBe(true);
});
