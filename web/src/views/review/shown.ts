import type { Api } from "../../api/client";
import { KpiResult } from "./kpis";
import type { Computed } from "./reviewing";

/** The numbers as a review reads them; null where there are none yet. */
export function computedOf(kpis: Api<"KpiResult"> | null | undefined): Computed | null {
  if (kpis === undefined || kpis === null) return null;
  return {
    version: kpis.kpi_version,
    transcriptVersion: kpis.transcript_version,
    computedAt: kpis.computed_at,
    result: new KpiResult(kpis.result),
  };
}

/** Which engine did what, in the order in which sound passes them. */
export function enginesOf(engines: unknown): [string, string][] {
  if (typeof engines !== "object" || engines === null) return [];
  const named = Object.entries(engines).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const order = ["stt", "llm", "tts"];
  return named.sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
}

/** The recording that this browser can play: not every Safari knows Opus in Ogg. */
export function playable({ recording, recording_wav }: { recording: string; recording_wav: string }): string {
  const knowsOpus = new Audio().canPlayType("audio/ogg; codecs=opus") !== "";
  return knowsOpus ? recording : recording_wav;
}
