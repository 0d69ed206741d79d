import { expect, it } from "vitest";

import { ownPath } from "./own-path";

it("goes back to an address of the page", () => {
  expect(ownPath("/calls/7?t=12#u3")).toBe("/calls/7?t=12#u3");
  expect(ownPath("/team?q=Robin%20R")).toBe("/team?q=Robin%20R");
});

it.each([
  null,
  "",
  "calls",
  "https://evil.example/calls",
  "//evil.example/calls",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/.//evil.example",
  "/..//evil.example",
  "javascript:alert(1)",
  "https://page.invalid/calls",
  "//",
  "http://[",
])("goes home instead of to %j", (next) => {
  expect(ownPath(next)).toBe("/");
});

it("does not go back to sign-in", () => {
  expect(ownPath("/sign-in?next=/calls")).toBe("/");
});
