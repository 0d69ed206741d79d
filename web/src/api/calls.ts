import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, type Api } from "./client";
import type { operations } from "./schema";

export type CallSummary = Api<"Summary">;
export type CallStatus = Api<"CallStatus">;
export type CallList = Api<"CallList">;

/** Which calls are asked for. */
export type CallFilters = Omit<NonNullable<operations["calls_list"]["parameters"]["query"]>, "cursor" | "limit">;

/** How often a list is asked for again while a call of it changes by itself. */
const WATCH_MS = 3_000;

const PAGE = 25;

/** Whether a call comes further without anybody asking. */
export const isUnderWay = ({ status }: CallSummary): boolean =>
  status === "waiting" || status === "live" || status === "sealing";

const watch = (calls: CallSummary[] | undefined) => (calls?.some(isUnderWay) === true ? WATCH_MS : false);

/** Calls that fit, the newest first, page by page. */
export const callsQuery = (filters: CallFilters) =>
  infiniteQueryOptions({
    queryKey: ["calls", "list", filters],
    queryFn: ({ pageParam, signal }) => fetchPage(filters, PAGE, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    refetchInterval: ({ state }) => watch(state.data?.pages.flatMap(({ calls }) => calls)),
  });

/** The newest few. */
export const recentCallsQuery = (filters: CallFilters, count: number) =>
  queryOptions({
    queryKey: ["calls", "recent", filters, count],
    queryFn: async ({ signal }) => (await fetchPage(filters, count, null, signal)).calls,
    refetchInterval: ({ state }) => watch(state.data),
  });

function fetchPage(filters: CallFilters, limit: number, cursor: string | null, signal: AbortSignal): Promise<CallList> {
  const query = { ...filters, limit, ...(cursor === null ? {} : { cursor }) };
  return answered(api.GET("/api/calls", { params: { query }, signal }));
}
