import { expect, it } from "vitest";

import { hear, NOTHING_HEARD } from "./hearing";

/** Readings of 20 ms each. */
const after = (levels: [dbfs: number, ms: number][]) => {
  let hearing = NOTHING_HEARD;
  for (const [dbfs, ms] of levels) {
    for (let at = 0; at < ms; at += 20) hearing = hear(hearing, dbfs, 20);
  }
  return hearing;
};

it("hears a voice over a quiet room", () => {
  expect(after([[-70, 500], [-30, 380]]).isHeard).toBe(false);
  expect(after([[-70, 500], [-30, 400]]).isHeard).toBe(true);
});

it("counts the words of a voice together", () => {
  expect(after([[-70, 500], [-30, 200], [-70, 600], [-28, 200]]).isHeard).toBe(true);
});

it("takes no noise for a voice", () => {
  expect(after([[-35, 8000]]).isHeard).toBe(false);
  expect(after([[-70, 500], [-55, 3000]]).isHeard).toBe(false);
  // 11 dB over the room is a louder fan.
  expect(after([[-45, 500], [-34, 2000]]).isHeard).toBe(false);
});

it("takes one loud knock for none", () => {
  expect(after([[-70, 500], [-5, 60]]).isHeard).toBe(false);
  // A page that slept heard nothing: 5 s in one step count as 100 ms.
  expect(hear(after([[-70, 500]]), -5, 5000).voiceMs).toBe(100);
});

it("still knows whom it heard", () => {
  expect(after([[-70, 500], [-30, 500], [-70, 5000]]).isHeard).toBe(true);
});
