import type { CallFilters, CallStatus } from "../../api/calls";

/** What a list of calls is narrowed to, as its address says it. */
export interface CallChoice {
  scenario: string;
  status: CallStatus | "";
  /** Days, as `2026-03-01`, both included. */
  from: string;
  to: string;
}

const STATUSES: readonly CallStatus[] = ["waiting", "live", "sealing", "completed", "failed", "never_connected"];

/** Reads an address; what nobody could have chosen is left out. */
export function readChoice(address: URLSearchParams): CallChoice {
  const status = STATUSES.find((status) => status === address.get("status"));
  return {
    scenario: address.get("scenario") ?? "",
    status: status ?? "",
    from: readDay(address.get("from")),
    to: readDay(address.get("to")),
  };
}

/** The address with one choice changed; what is not narrowed is not in it. */
export function withChoice(address: URLSearchParams, name: keyof CallChoice, value: string): URLSearchParams {
  const changed = new URLSearchParams(address);
  if (value === "") changed.delete(name);
  else changed.set(name, value);
  return changed;
}

/** Whether anything is narrowed. */
export const isNarrowed = (choice: CallChoice): boolean => Object.values(choice).some((value) => value !== "");

/** What to ask the server for. Days begin when they do where the reader is. */
export function filtersOf(choice: CallChoice): CallFilters {
  return {
    ...(choice.scenario === "" ? {} : { scenario_id: choice.scenario }),
    ...(choice.status === "" ? {} : { status: choice.status }),
    ...(choice.from === "" ? {} : { from: startOf(choice.from, 0) }),
    ...(choice.to === "" ? {} : { to: startOf(choice.to, 1) }),
  };
}

/** When a day begins, or one that many days later. */
function startOf(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

function readDay(text: string | null): string {
  if (text === null || !/^\d{4}-\d\d-\d\d$/u.test(text)) return "";
  const day = new Date(`${text}T00:00:00Z`);
  // The thirtieth of February is read as a day in March.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) ? text : "";
}
