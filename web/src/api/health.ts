import { queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";

/** What the server is made of; it changes when somebody sets it up anew. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: async ({ signal }) => (await answered(api.GET("/api/health", { signal }))).health,
  staleTime: 10 * 60_000,
});
