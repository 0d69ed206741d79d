import { practises, seesTeam, type Me } from "./session";

/** Where a view stands: one of the few that the navigation names, inside one of them, or a call, which has the screen to itself. */
export type Place = { kind: "top" } | { kind: "inside"; parent: string } | { kind: "call" };

/** Where the view of an address stands for somebody. */
export function placeOf(pathname: string, me: Me): Place {
  const [area, thing, part] = parts(pathname);
  if (area === "practice" && thing !== undefined) return part === "call" ? { kind: "call" } : { kind: "inside", parent: "/practice" };
  if (area === "calls" && thing !== undefined) return { kind: "inside", parent: seesTeam(me) ? "/team" : "/calls" };
  return { kind: "top" };
}

/** Whether a view is for somebody of this role at all. */
export function isFor(pathname: string, me: Me): boolean {
  const [area] = parts(pathname);
  if (area === "team") return seesTeam(me);
  // hr sees that calls were held, in the team's list, and nothing of what was said.
  return practises(me) || (area !== "practice" && area !== "calls");
}

const parts = (pathname: string): string[] => pathname.split("/").filter((part) => part !== "");
