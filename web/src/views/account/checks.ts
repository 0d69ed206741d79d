import { strings } from "../../strings";
import type { Fault } from "./fault";
import { passwordFault } from "./password";
import type { Values } from "./use-form";

type Check = (values: Values) => Fault | null;

/** The first thing that is wrong. */
export const all =
  (...checks: Check[]): Check =>
  (values) => {
    for (const check of checks) {
      const fault = check(values);
      if (fault !== null) return fault;
    }
    return null;
  };

/** Something has to be filled in. */
export const filled =
  (field: string, text: string): Check =>
  (values) =>
    values(field).trim() === "" ? { field, text } : null;

/** An e-mail address has to be filled in; whether it is one, the server says. */
export const emailFilled: Check = filled("email", strings.account.missing.email);

/** A password has to be good as a new one. */
export const newPassword =
  (field: string): Check =>
  (values) => {
    const text = passwordFault(values(field));
    return text === undefined ? null : { field, text };
  };

/** A password has to be typed; spaces are characters of it. */
export const passwordTyped =
  (field: string): Check =>
  (values) =>
    values(field) === "" ? { field, text: strings.account.password.missing } : null;
