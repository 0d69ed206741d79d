import { practises, seesTeam, type Me } from "./session";

/** Where a view stands: one of the few that the navigation names, inside one of them, or a call, which has the screen to itself. */
export type Place = { kind: "top" } | { kind: "inside"; parent: string } | { kind: "call" };

/**
 * Where the view of an address stands for somebody. A call is opened from more than one list: `from` is the last view
 * of the navigation that was shown, with its filters.
 */
export function placeOf(pathname: string, me: Me, from: string | null = null): Place {
  const [area, thing, part] = parts(pathname);
  if (area === "practice" && thing !== undefined) return part === "call" ? { kind: "call" } : { kind: "inside", parent: "/practice" };
  if (area !== "calls" || thing === undefined) return { kind: "top" };
  const isList = from !== null && ["/calls", "/team"].includes(from.split("?")[0] ?? "");
  return { kind: "inside", parent: isList ? from : seesTeam(me) ? "/team" : "/calls" };
}

/** Whether a view is for somebody of this role at all. */
export function isFor(pathname: string, me: Me): boolean {
  const [area] = parts(pathname);
  if (area === "team") return seesTeam(me);
  // hr sees that calls were held, in the team's list, and nothing of what was said.
  return practises(me) || (area !== "practice" && area !== "calls");
}

const parts = (pathname: string): string[] => pathname.split("/").filter((part) => part !== "");
