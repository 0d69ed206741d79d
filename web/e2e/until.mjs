// Waiting for what is going to happen, with a limit that only a hang reaches.

/**
 * Whatever a page or a call shall do, it does in less, even where the machine stood still for some seconds: the call is
 * then held, comes back and begins its answer anew. Only a hang comes near.
 */
export const WITHIN_MS = 90_000;

const LOOK_EVERY_MS = 20;

/** A look takes less. Where one took longer the machine stood still, which no condition could use. */
const LOOK_WITHIN_MS = 1000;

/** Waits until a condition holds, and says what was waited for when it does not. */
export async function untilTrue(condition, withinMs, what) {
  let waitedMs = 0;
  for (let looked = performance.now(); !(await condition()); ) {
    if (withinMs < waitedMs) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    const now = performance.now();
    waitedMs += Math.min(now - looked, LOOK_WITHIN_MS);
    looked = now;
  }
}

/** The last of many lines, the newest first: what a report is cut down to is its beginning. */
export function newestFirst(lines, most = 20) {
  const shown = lines.slice(-most).reverse().map((line) => line.slice(0, 200));
  return [...shown, ...(most < lines.length ? [`(and ${lines.length - most} before)`] : [])].join("\n");
}
