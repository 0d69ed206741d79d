import type { CallFilters } from "../../api/calls";
import type { Person } from "../../api/people";
import { filtersOf, readChoice, type CallChoice } from "./call-filters";

/** What the team's list is narrowed to, as its address says it. */
export interface TeamChoice extends CallChoice {
  team: string;
  person: string;
  /** A part of a name. */
  q: string;
}

/** The longest text that the server searches for. */
const MAX_SEARCH_CHARS = 200;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** Reads an address; what nobody could have chosen is left out. */
export function readTeamChoice(address: URLSearchParams): TeamChoice {
  const id = (name: string) => {
    const value = address.get(name) ?? "";
    return UUID.test(value) ? value : "";
  };
  const q = (address.get("q") ?? "").trim().slice(0, MAX_SEARCH_CHARS);
  return { ...readChoice(address), team: id("team"), person: id("person"), q };
}

/** The address with some choices changed; what is not narrowed is not in it. */
export function withTeamChoice(address: URLSearchParams, changes: Partial<TeamChoice>): URLSearchParams {
  const changed = new URLSearchParams(address);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
}

/** What to ask the server for. */
export function teamFiltersOf(choice: TeamChoice): CallFilters {
  return {
    ...filtersOf(choice),
    ...(choice.team === "" ? {} : { team_id: choice.team }),
    ...(choice.person === "" ? {} : { user_id: choice.person }),
    ...(choice.q === "" ? {} : { q: choice.q }),
  };
}

/** Those of a team, or everybody. */
export const peopleOf = (people: Person[], team: string): Person[] =>
  team === "" ? people : people.filter((person) => person.team_ids.includes(team));
