// Waiting for what is going to happen, with a limit that only a hang reaches.

const LOOK_EVERY_MS = 20;

/** Waits until a condition holds, and says what was waited for when it does not. */
export async function untilTrue(condition, withinMs, what) {
  for (const end = performance.now() + withinMs; !(await condition()); ) {
    if (end < performance.now()) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}
