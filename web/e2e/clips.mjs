// The rep's turns of `tests/audio`, and how many of their words were understood.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { ROOT } from "./server.mjs";
import { readWav } from "./sound.mjs";

/** The six turns of a loan officer. Gone when the test ends. */
export async function makeClips(test) {
  const folder = await mkdtemp(path.join(tmpdir(), "ringcraft-clips-"));
  test.after(() => rm(folder, { recursive: true, force: true }));
  await promisify(execFile)(path.join(ROOT, "tests/audio/make.sh"), [folder]);
  return Promise.all([1, 2, 3, 4, 5, 6].map(async (turn) => {
    const file = path.join(folder, "rms", `turn-${turn}.wav`);
    const bytes = await readFile(file);
    const { rate, channels: [samples] } = readWav(bytes);
    if (rate !== 16_000) throw new Error(`${file} has ${rate} samples a second`);
    const text = await readFile(file.replace(/wav$/, "txt"), "utf8");
    return { file, bytes, samples, text };
  }));
}

/** The words alone, in lower case. */
export const words = (text) => text.toLowerCase().split(/[^\p{L}\p{N}']+/u).filter((word) => word !== "");

/** How many words of one list are in the other in the same order, at most. */
export function inOrder(truth, heard) {
  let above = new Array(heard.length + 1).fill(0);
  for (const word of truth) {
    const row = [0];
    heard.forEach((other, at) => row.push(word === other ? above[at] + 1 : Math.max(above[at + 1], row[at])));
    above = row;
  }
  return above[heard.length];
}
