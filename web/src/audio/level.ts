import type { Scope } from "../scope";

/** What silence counts as, in dBFS: the level of a sound has no lower end. */
export const SILENT_DBFS = -100;

/** The quietest level that a meter shows. */
const METER_FLOOR_DBFS = -60;

/** A meter goes up at once, and falls as slowly as eyes follow. */
const RISE_MS = 20;
const FALL_MS = 180;

/** Samples that one reading looks at: 43 ms at 48 kHz. */
const WINDOW = 2048;

/** How loud some samples of −1 to 1 are: their root mean square, in dBFS. A full square wave is 0. */
export function dbfsOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return SILENT_DBFS;
  return Math.max(SILENT_DBFS, 10 * Math.log10(sum / samples.length));
}

/** A level on its way from one reading to the next. */
export function smoothDbfs(previousDbfs: number, nextDbfs: number, elapsedMs: number): number {
  const timeMs = previousDbfs < nextDbfs ? RISE_MS : FALL_MS;
  const kept = Math.exp(-elapsedMs / timeMs);
  return nextDbfs + (previousDbfs - nextDbfs) * kept;
}

/** How much of a meter a level fills, 0 to 1. */
export function meterShare(dbfs: number): number {
  return Math.min(1, Math.max(0, 1 - dbfs / METER_FLOOR_DBFS));
}

/** Tells how loud a node's sound is before each picture that is drawn: smoothed for eyes, and as it is. */
export function watchLevel(
  scope: Scope,
  source: AudioNode,
  listener: (smoothDbfs: number, dbfs: number, nowMs: number) => void,
): void {
  const analyser = scope.node(new AnalyserNode(source.context, { fftSize: WINDOW }));
  scope.connect(source, analyser);
  const samples = new Float32Array(WINDOW);
  let level = SILENT_DBFS;
  let lastMs: number | null = null;
  scope.eachFrame((nowMs) => {
    analyser.getFloatTimeDomainData(samples);
    const dbfs = dbfsOf(samples);
    level = smoothDbfs(level, dbfs, nowMs - (lastMs ?? nowMs));
    lastMs = nowMs;
    listener(level, dbfs, nowMs);
  });
}

/** An audio context that closes with its scope. */
export function openAudio(scope: Scope, options?: AudioContextOptions): AudioContext {
  const context = new AudioContext(options);
  scope.onEnd(() => void context.close());
  return context;
}
