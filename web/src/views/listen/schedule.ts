import { LISTEN_RATE } from "./pieces";

/** How far behind its arrival sound plays: two pieces and a little, for a network that is not even. */
const LEAD_S = 0.25;

/** Nobody listens further behind than this: what waited too long is left out. */
const MAX_AHEAD_S = 1;

/** When a piece plays, by the clock of the audio. */
export interface Slot {
  /** When the call's first sample would have played. */
  baseS: number;
  startS: number;
  /** The line from the call's clock to the audio's is a new one: what waits to be played is dropped. */
  isFresh: boolean;
}

/**
 * Where the next piece goes: right behind the one before, by the call's clock, so that gaps are as long as they were. A
 * piece that comes too late, or far too early since many came at once, begins anew.
 */
export function nextSlot(baseS: number | null, at: number, nowS: number): Slot {
  const placeS = at / LISTEN_RATE;
  if (baseS !== null) {
    const startS = baseS + placeS;
    if (nowS <= startS && startS <= nowS + MAX_AHEAD_S) return { baseS, startS, isFresh: false };
  }
  // On the grid of samples, so that pieces join without a click.
  const startS = Math.ceil((nowS + LEAD_S) * LISTEN_RATE) / LISTEN_RATE;
  return { baseS: startS - placeS, startS, isFresh: true };
}
