import { createContext, useContext, useSyncExternalStore } from "react";

import type { Speaker } from "../../protocol/messages";
import type { FollowEvent } from "./follow";
import type { KpiResult } from "./kpis";
import type { Marker } from "./markers";
import type { Names } from "./outcome";
import type { Outline } from "./peaks";
import type { Playback, PlaybackState } from "./playback";
import type { CallRecord } from "./record";

/** The numbers of a call, and what they were computed by and from. */
export interface Computed {
  version: string;
  transcriptVersion: number;
  computedAt: string;
  result: KpiResult;
}

/** A call that is over, as its review shows it. */
export interface Reviewed {
  /** Null where somebody reviews it by a link, and is told no ids. */
  callId: string | null;
  scenario: { id: string; title: string };
  names: Names;
  connectedAt: string | null;
  endedAt: string | null;
  durationMs: number;
  endReason: string | null;
  /** By what they do: `stt`, `llm`, `tts`. */
  engines: [string, string][];
  record: CallRecord;
  computed: Computed | null;
  /** There are no numbers, but they come by themselves. */
  isComputing: boolean;
}

/** What the parts of a review share. */
export interface Reviewing {
  reviewed: Reviewed;
  playback: Playback;
  markers: Marker[];
  outline: { data: Outline | null; hasFailed: boolean };
  /** Goes to a moment, and shows what was said there. */
  seek: (ms: number) => void;
  /** The same, and plays from there. */
  listen: (ms: number) => void;
}

/** Whether the transcript goes along with the voice, and what changes that. */
export interface Following {
  isFollowing: boolean;
  tell: (event: FollowEvent) => void;
}

export const FollowContext = createContext<Following>({ isFollowing: true, tell: () => undefined });

export const useFollow = (): Following => useContext(FollowContext);

export const ReviewContext = createContext<Reviewing | null>(null);

/** The review that this is a part of. */
export function useReviewing(): Reviewing {
  const reviewing = useContext(ReviewContext);
  if (reviewing === null) throw new Error("this is shown in a review alone");
  return reviewing;
}

/** What the player does. Changes seldom: moments are told apart from it. */
export const usePlaybackState = (playback: Playback): PlaybackState => useSyncExternalStore(playback.subscribe, playback.state);

/** Something that follows from the moment that is played. Draws anew when that changes, not with every moment. */
export function useAtMoment<T extends number | string | boolean>(playback: Playback, read: (ms: number) => T): T {
  return useSyncExternalStore(playback.onTime, () => read(playback.ms));
}

/** What a side is called here. */
export const nameOf = (speaker: Speaker, names: Names): string => (speaker === "rep" ? names.rep : names.persona);
