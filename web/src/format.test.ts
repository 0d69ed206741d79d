import { expect, it } from "vitest";

import { formatAgo, formatClock, formatLanguage, initials } from "./format";
import { strings } from "./strings";

it("writes a place in a call", () => {
  expect(formatClock(0)).toBe("0:00");
  expect(formatClock(247_999)).toBe("4:07");
  expect(formatClock(3_753_000)).toBe("1:02:33");
  expect(formatClock(-5)).toBe("0:00");
});

it("says how long ago something was", () => {
  const now = new Date("2026-03-02T10:00:00Z");
  expect(formatAgo("2026-03-02T09:59:50Z", now)).toBe("this minute");
  expect(formatAgo("2026-03-02T08:00:00Z", now)).toBe("2 hours ago");
  expect(formatAgo("2026-03-01T09:00:00Z", now)).toBe("yesterday");
});

it("takes the first letters of the first and the last name", () => {
  expect(initials("Robin van der Reyes")).toBe("RR");
  expect(initials("rachel")).toBe("R");
  expect(initials("  ")).toBe("");
  expect(initials("Özlem Şahin")).toBe("ÖŞ");
});

it("names a language as the browser does", () => {
  const { languages } = strings.common;
  const names = new Intl.DisplayNames(strings.locale, { type: "language" });
  for (const [tag, name] of Object.entries(languages)) expect(name).toBe(names.of(tag));
  expect(formatLanguage("en-US")).toBe("American English");
  expect(formatLanguage("de-AT")).toBe("Austrian German");
  expect(formatLanguage("no such language")).toBe("no such language");
});
