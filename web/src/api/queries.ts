import { MutationCache, QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";

import { answered, api, Refused } from "./client";

/** Tries again what may pass by itself, and not what the server refused. */
function isWorthAnotherTry(tries: number, error: Error): boolean {
  const isRefusal = error instanceof Refused && error.status < 500;
  return !isRefusal && tries < 2;
}

/** What was asked of the server and is remembered. */
export function makeQueries(): QueryClient {
  // Who is refused for want of a session is asked who they are, and where that is nobody the shell shows sign-in.
  const onError = (error: Error) => {
    const isSignedOut = error instanceof Refused && error.status === 401 && error.code !== "wrong_credentials";
    if (isSignedOut) void queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { retry: isWorthAnotherTry, staleTime: 10_000 } },
  });
  return queries;
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

/** Whether an org may be made here, and whether it is the first. */
export const setUpQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: async ({ signal }) => (await answered(api.GET("/api/auth/setup", { signal }))).setup,
  staleTime: 60_000,
});
