import { afterEach, expect, it, vi } from "vitest";

import { chooseDevices, chosenDevices, parseChosen } from "./chosen-devices";

const headset = { id: "h", label: "Headset" };

afterEach(() => {
  vi.unstubAllGlobals();
});

function stubStorage(): Map<string, string> {
  const stored = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  return stored;
}

it("remembers one choice beside another", () => {
  stubStorage();
  expect(chosenDevices()).toEqual({});
  chooseDevices({ microphone: headset });
  chooseDevices({ speaker: headset, checkedAt: "2026-03-01T10:00:00Z" });
  expect(chosenDevices()).toEqual({ microphone: headset, speaker: headset, checkedAt: "2026-03-01T10:00:00Z" });
});

it("takes what it can read", () => {
  expect(parseChosen(null)).toEqual({});
  expect(parseChosen([])).toEqual({});
  expect(parseChosen({ microphone: { id: 7, label: "?" }, speaker: headset })).toEqual({ speaker: headset });
  expect(parseChosen({ microphone: headset, checkedAt: "soon" })).toEqual({ microphone: headset });
  stubStorage().set("ringcraft.devices", "{");
  expect(chosenDevices()).toEqual({});
});

it("works without a storage", () => {
  const refuse = () => {
    throw new DOMException("", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
  chooseDevices({ speaker: headset });
  expect(chosenDevices()).toEqual({});
});
