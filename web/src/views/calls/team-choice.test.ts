import { expect, it } from "vitest";

import type { Person } from "../../api/people";
import { peopleOf, readTeamChoice, teamFiltersOf, withTeamChoice } from "./team-choice";

const TEAM = "01990a00-0000-7000-8000-00000000a11c";
const PERSON = "01990a00-0000-7000-8000-00000000b22d";

it("reads what the address narrows to, and asks the server for it", () => {
  const address = new URLSearchParams({ team: TEAM, person: PERSON, q: " Rob ", status: "completed", scenario: "rachel" });
  expect(teamFiltersOf(readTeamChoice(address))).toEqual({
    team_id: TEAM,
    user_id: PERSON,
    q: "Rob",
    status: "completed",
    scenario_id: "rachel",
  });
});

it("passes over what nobody could have chosen", () => {
  const address = new URLSearchParams({ team: "1", person: "robin", status: "asleep", q: "   ", from: "2026-02-30" });
  expect(teamFiltersOf(readTeamChoice(address))).toEqual({});
  expect(readTeamChoice(new URLSearchParams({ q: "x".repeat(300) })).q).toHaveLength(200);
});

it("keeps the rest of the address, and nothing empty", () => {
  const address = new URLSearchParams({ team: TEAM, person: PERSON, q: "Rob" });
  expect(withTeamChoice(address, { team: "", person: "", status: "live" }).toString()).toBe("q=Rob&status=live");
});

it("offers the people of the chosen team", () => {
  const person = (name: string, team_ids: string[]): Person => ({
    id: name,
    name,
    email: `${name}@example.com`,
    role: "rep",
    status: "active",
    created_at: "2026-03-01T10:00:00Z",
    team_ids,
    led_team_ids: [],
  });
  const [robin, sam] = [person("Robin", [TEAM]), person("Sam", [])];
  expect(peopleOf([robin, sam], TEAM)).toEqual([robin]);
  expect(peopleOf([robin, sam], "")).toEqual([robin, sam]);
});
