import { expect, it } from "vitest";

import { filtersOf, isNarrowed, readChoice, withChoice } from "./call-filters";

const read = (address: string) => readChoice(new URLSearchParams(address));

it("reads an address", () => {
  expect(read("scenario=rachel&status=live&from=2026-03-01&to=2026-03-02&x=1")).toEqual({
    scenario: "rachel",
    status: "live",
    from: "2026-03-01",
    to: "2026-03-02",
  });
  expect(isNarrowed(read("x=1"))).toBe(false);
});

it("leaves out what nobody could have chosen", () => {
  expect(read("status=asleep&from=tomorrow&to=2026-02-30")).toEqual({ scenario: "", status: "", from: "", to: "" });
  expect(read("from=2028-02-29").from).toBe("2028-02-29");
  expect(read("from=2026-13-01").from).toBe("");
});

it("asks for whole days of the reader, the last included", () => {
  const filters = filtersOf(read("from=2026-03-01&to=2026-12-31"));
  expect(filters).toEqual({
    from: new Date("2026-03-01T00:00:00").toISOString(),
    to: new Date("2027-01-01T00:00:00").toISOString(),
  });
});

it("asks for what was chosen alone", () => {
  expect(filtersOf(read(""))).toEqual({});
  expect(filtersOf(read("scenario=rachel&status=sealing"))).toEqual({ scenario_id: "rachel", status: "sealing" });
});

it("changes one choice and keeps the rest of the address", () => {
  const address = new URLSearchParams("scenario=rachel&t=1");
  expect(withChoice(address, "status", "live").toString()).toBe("scenario=rachel&t=1&status=live");
  expect(withChoice(address, "scenario", "").toString()).toBe("t=1");
  expect(address.toString()).toBe("scenario=rachel&t=1");
});
