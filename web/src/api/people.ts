import { queryOptions } from "@tanstack/react-query";

import { answered, api, type Api } from "./client";

export type Team = Api<"Team">;
export type Person = Api<"User">;

/** People and teams change rarely. */
const STALE_MS = 60_000;

/** The most that a page of a list holds. */
const PAGE = 100;

/** More people than anybody looks through in a list; whoever has more searches by name. */
const MAX_PAGES = 5;

/** The teams that somebody may see. */
export const teamsQuery = queryOptions({
  queryKey: ["teams"],
  queryFn: ({ signal }) =>
    pages(async (page) => {
      const { teams, next_cursor } = await answered(api.GET("/api/teams", { params: { query: page }, signal }));
      return { rows: teams, next: next_cursor };
    }),
  staleTime: STALE_MS,
});

/** The people that somebody may see, by name. */
export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: async ({ signal }) => {
    const people = await pages(async (page) => {
      const { users, next_cursor } = await answered(api.GET("/api/users", { params: { query: page }, signal }));
      return { rows: users, next: next_cursor };
    });
    return people.sort((one, other) => one.name.localeCompare(other.name));
  },
  staleTime: STALE_MS,
});

/** Reads a list page by page. */
export async function pages<T>(
  read: (page: { limit: number; cursor?: string }) => Promise<{ rows: T[]; next?: string | null | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { rows, next } = await read({ limit: PAGE, ...(cursor ? { cursor } : {}) });
    all.push(...rows);
    if (!next) break;
    cursor = next;
  }
  return all;
}
