// Other ways for the sound: TCP instead of UDP, Chromium's own capture instead of ours.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";

import { CallPage, openChromium } from "./browser.mjs";
import { assertUnderstood, fetchCall } from "./call.mjs";
import { inOrder, makeClips, words } from "./clips.mjs";
import { Server } from "./server.mjs";
import { samples, writeWav } from "./sound.mjs";
import { untilTrue, WITHIN_MS } from "./until.mjs";

test("a call goes over TCP where UDP is shut", { timeout: 900_000 }, async (t) => {
  const [, clip] = await makeClips(t);
  const server = await Server.start(t);
  const page = await CallPage.open(await openChromium(t), server, { query: "?transport=tcp" });
  await page.call();
  await page.untilAnswered({ from: 0 });
  const { local, remote } = await page.path();
  assert.deepEqual([local.protocol, remote.protocol], ["tcp", "tcp"]);
  const from = page.events.length;
  await page.say(clip);
  await page.untilAnswered({ from });
  await page.hangUp();
  assertUnderstood(t, [clip], (await fetchCall(server, page.id)).saidBy("rep"), 0.7);
  assert.deepEqual(page.faults, []);
});

test("Chromium's own microphone is understood, with all that it does to the sound", { timeout: 900_000 }, async (t) => {
  const [, clip] = await makeClips(t);
  const server = await Server.start(t);
  // The buyer's opening is over by then; where it is not, the rep cuts in and is understood too.
  const microphone = path.join(server.folder, "microphone.wav");
  const sound = new Float32Array(samples(9_000) + clip.samples.length);
  sound.set(clip.samples, samples(9_000));
  await writeFile(microphone, writeWav(sound));
  const browser = await openChromium(t, { fakeMicrophone: microphone });
  const page = await CallPage.open(browser, server, { keepsMicrophone: true });
  await page.call();
  const isUnderstood = () => {
    const said = page.said("rep").map(({ text }) => text);
    return inOrder(words(clip.text), words(said.join(" "))) >= 0.7 * words(clip.text).length;
  };
  await untilTrue(isUnderstood, WITHIN_MS, () => `the clip is understood:\n${page.told()}`);
  await page.hangUp();
  assertUnderstood(t, [clip], (await fetchCall(server, page.id)).saidBy("rep"), 0.7);
  assert.deepEqual(page.faults, []);
});
