import { SILENT_DBFS } from "./level";

/** Whether a microphone hears the speaker. */
export type Echo =
  | "none"
  /** It does, in spite of the browser's cancellation: the buyer would hear itself. */
  | "heard"
  /** Too loud around to tell. */
  | "unclear";

/** How much louder the tone makes its own pitches. */
const ABOVE_BEFORE_DB = 12;

/** Fainter than this it disturbs nobody. */
const LEAST_ECHO_DBFS = -65;

/** Louder than this before the tone, somebody speaks or something plays. */
const LOUD_DBFS = -45;

/** The level of one pitch in some samples of −1 to 1, in dBFS: Goertzel's algorithm. A sine of full scale is −3. */
export function pitchDbfs(samples: Float32Array, sampleRateHz: number, pitchHz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * pitchHz) / sampleRateHz);
  let [last, before] = [0, 0];
  for (const sample of samples) [last, before] = [sample + turn * last - before, last];
  const power = last * last + before * before - turn * last * before;
  const amplitude = (2 * Math.sqrt(Math.max(0, power))) / samples.length;
  if (amplitude === 0) return SILENT_DBFS;
  return Math.max(SILENT_DBFS, 20 * Math.log10(amplitude / Math.SQRT2));
}

/** Judges levels at the tone's pitches, in dBFS, from before the tone and from its second half: cancellation takes a
 * moment to learn. Null where nothing was measured. */
export function judgeEcho(beforeDbfs: readonly number[], duringDbfs: readonly number[]): Echo | null {
  const before = median(beforeDbfs);
  const during = median(duringDbfs);
  if (before === null || during === null) return null;
  if (LOUD_DBFS < before) return "unclear";
  return before + ABOVE_BEFORE_DB <= during && LEAST_ECHO_DBFS <= during ? "heard" : "none";
}

/** The value in the middle; the lower of two. */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
