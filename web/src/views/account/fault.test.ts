import { expect, it } from "vitest";

import { Refused, Unreachable } from "../../api/client";
import { faultOf } from "./fault";

const refused = (status: number, code: string, extra: object = {}, retryAfter: string | null = null) =>
  new Refused(status, { error: { code, message: "not like this", ...extra } }, retryAfter);

it("says how long an address is locked", () => {
  const fault = faultOf(refused(429, "too_many_attempts", {}, "840"));
  expect(fault.text).toBe("Too many wrong passwords for this address. Try again in 14 minutes, or set a new password.");
});

it("says when a client may ask again", () => {
  expect(faultOf(refused(429, "too_many_requests", {}, "3")).text).toBe("That was too often. Try again in 3 seconds.");
  expect(faultOf(refused(429, "too_many_requests", {}, "soon")).text).toBe("That was too often. Try again in a minute.");
});

it("puts a fault of a field beside the field", () => {
  expect(faultOf(refused(422, "invalid_field", { field: "email" }))).toEqual({ field: "email", text: "Not like this." });
});

it("tells a server that is away from one that says no", () => {
  expect(faultOf(new Unreachable()).text).toMatch(/cannot be reached/u);
  expect(faultOf(refused(401, "wrong_credentials")).text).toBe("The e-mail address or the password is wrong.");
});
