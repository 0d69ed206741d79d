import { queryOptions } from "@tanstack/react-query";

import { answered, api, type Api } from "../../api/client";
import { readRecord } from "./record";
import { readOutline } from "./peaks";

/** A call, and once it is completed what came of it. */
export type CallShown = Api<"One_Shown">["call"];

/** How often a call is asked for again that is about to change. */
const AGAIN_AFTER_MS = 1500;

/** How often a call is looked at that lasts as long as people talk. */
const LIVE_AGAIN_AFTER_MS = 5000;

/** Numbers that are not there so long after the call do not come by themselves. */
const NUMBERS_WITHIN_MS = 120_000;

/** When to ask for a call again; false where nothing is to come. */
export function againAfterMs(call: CallShown | undefined, nowMs: number): number | false {
  switch (call?.status) {
    case "sealing":
      return AGAIN_AFTER_MS;
    case "waiting":
    case "live":
    case "failed":
      return LIVE_AGAIN_AFTER_MS;
    case "completed":
      return isWithoutNumbers(call) && nowMs - Date.parse(call.ended_at ?? "") < NUMBERS_WITHIN_MS ? AGAIN_AFTER_MS : false;
    default:
      return false;
  }
}

/** Content that its reader may see has links; numbers come a little later than those. */
const isWithoutNumbers = (call: CallShown): boolean => "links" in call && (call.kpis ?? null) === null;

/** A call. */
export const callQuery = (id: string) =>
  queryOptions({
    queryKey: ["calls", "one", id],
    queryFn: async ({ signal }) => (await answered(api.GET("/api/calls/{id}", { params: { path: { id } }, signal }))).call,
    refetchInterval: ({ state }) => againAfterMs(state.data, Date.now()),
    // Its links are good for a while, and nothing else of it changes.
    staleTime: ({ state }) => (againAfterMs(state.data, Date.now()) === false ? 600_000 : 0),
  });

/** Who said what in a completed call. */
export const recordQuery = (id: string) =>
  queryOptions({
    queryKey: ["calls", "one", id, "record"],
    queryFn: async ({ signal }) => readRecord(await answered(api.GET("/api/calls/{id}/record", { params: { path: { id } }, signal }))),
    staleTime: Infinity,
  });

/** The outline of a recording. */
export const outlineQuery = (id: string) =>
  queryOptions({
    queryKey: ["calls", "one", id, "outline"],
    queryFn: async ({ signal }) => readOutline(await answered(api.GET("/api/calls/{id}/waveform", { params: { path: { id } }, signal }))),
    staleTime: Infinity,
  });

/** A call that somebody has a link to. Each answer counts as an opening, so it is asked for when links expire alone. */
export const sharedQuery = (token: string) =>
  queryOptions({
    queryKey: ["shared", token],
    queryFn: async ({ signal }) => {
      const { shared } = await answered(api.GET("/api/shared/{token}", { params: { path: { token } }, signal }));
      return { ...shared, record: readRecord(shared.record), sent: shared.record };
    },
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The outline of a recording that somebody has a link to. */
export const sharedOutlineQuery = (token: string) =>
  queryOptions({
    queryKey: ["shared", token, "outline"],
    queryFn: async ({ signal }) => readOutline(await answered(api.GET("/api/shared/{token}/waveform", { params: { path: { token } }, signal }))),
    staleTime: Infinity,
  });

/** The links to a call. */
export const sharesQuery = (id: string) =>
  queryOptions({
    queryKey: ["calls", "one", id, "shares"],
    queryFn: async ({ signal }) => (await answered(api.GET("/api/calls/{id}/shares", { params: { path: { id } }, signal }))).shares,
  });
