import { expect, it } from "vitest";

import { passwordFault } from "./password";

it("takes 8 to 256 characters", () => {
  expect(passwordFault("12345678")).toBeUndefined();
  expect(passwordFault("x".repeat(256))).toBeUndefined();
  expect(passwordFault("1234567")).toBe("1 more character, please: a password has at least 8.");
  expect(passwordFault("12345")).toBe("3 more characters, please: a password has at least 8.");
  expect(passwordFault("x".repeat(257))).toBe("A password has at most 256 characters.");
});

it("counts what people see as one character once", () => {
  expect(passwordFault("🔑🔑🔑🔑🔑🔑🔑🔑")).toBeUndefined();
  expect(passwordFault("🔑🔑🔑🔑")).toBe("4 more characters, please: a password has at least 8.");
});
