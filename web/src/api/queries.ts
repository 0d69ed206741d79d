import { QueryClient, queryOptions } from "@tanstack/react-query";

import { answered, api, Refused } from "./client";

/** Tries again what may pass by itself, and not what the server refused. */
function isWorthAnotherTry(tries: number, error: Error): boolean {
  const isRefusal = error instanceof Refused && error.status < 500;
  return !isRefusal && tries < 2;
}

/** What was asked of the server and is remembered. */
export function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: isWorthAnotherTry, staleTime: 10_000 } },
  });
}

/** Who is signed in; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => {
    try {
      return (await answered(api.GET("/api/me", { signal }))).me;
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});
