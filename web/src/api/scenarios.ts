import { queryOptions } from "@tanstack/react-query";

import { answered, api, type Api } from "./client";

export type Scenario = Api<"ScenarioSummary">;

/** They change when somebody publishes one: rarely. */
const STALE_MS = 5 * 60_000;

/** All that can be practised. */
export const scenariosQuery = queryOptions({
  queryKey: ["scenarios"],
  queryFn: async ({ signal }) => (await answered(api.GET("/api/scenarios", { signal }))).scenarios,
  staleTime: STALE_MS,
});

/** One of them. */
export const scenarioQuery = (id: string) =>
  queryOptions({
    queryKey: ["scenarios", id],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/scenarios/{id}", { params: { path: { id } }, signal }))).scenario,
    staleTime: STALE_MS,
  });
