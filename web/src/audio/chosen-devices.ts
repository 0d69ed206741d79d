import type { Device } from "./devices";

/** What was chosen on this device, and what its check found. */
export interface ChosenDevices {
  microphone?: Device;
  speaker?: Device;
  /** When all of it was checked last, in RFC 3339. */
  checkedAt?: string;
}

const KEY = "ringcraft.devices";

/** What was chosen before; nothing where nothing was, or it cannot be read. */
export function chosenDevices(): ChosenDevices {
  try {
    return parseChosen(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    // Storage is full, forbidden, or holds no JSON.
    return {};
  }
}

/** Remembers a choice beside what was chosen before. */
export function chooseDevices(chosen: ChosenDevices): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...chosenDevices(), ...chosen }));
  } catch {
    // It is asked again next time.
  }
}

/** Reads what was stored, by whatever version of the page. */
export function parseChosen(stored: unknown): ChosenDevices {
  if (!isObject(stored)) return {};
  const chosen: ChosenDevices = {};
  const microphone = parseDevice(stored["microphone"]);
  const speaker = parseDevice(stored["speaker"]);
  const checkedAt = stored["checkedAt"];
  if (microphone !== null) chosen.microphone = microphone;
  if (speaker !== null) chosen.speaker = speaker;
  if (typeof checkedAt === "string" && !Number.isNaN(Date.parse(checkedAt))) chosen.checkedAt = checkedAt;
  return chosen;
}

function parseDevice(stored: unknown): Device | null {
  if (!isObject(stored)) return null;
  const { id, label } = stored;
  return typeof id === "string" && typeof label === "string" ? { id, label } : null;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
