// The tests' own microphone and ear, before anything is said of the server with them.
import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { openChromium } from "./browser.mjs";
import { makeClips } from "./clips.mjs";
import { columns, find, level, picture, readWav, SILENCE_DBFS, writeWav } from "./sound.mjs";

test("a clip arrives at the other end of a connection inside of the page", async (t) => {
  const [clip] = await makeClips(t);
  const site = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>A</title>"));
  await new Promise((done) => { site.listen(0, "127.0.0.1", done); });
  t.after(() => { site.close(); site.closeAllConnections(); });

  const browser = await openChromium(t);
  const page = await browser.newPage();
  await page.addInitScript({ path: fileURLToPath(new URL("in_page.js", import.meta.url)) });
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.evaluate(async () => {
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
    near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
    far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    near.addTrack(microphone.getTracks()[0], microphone);
    const sound = new Audio();
    far.ontrack = ({ track }) => { sound.srcObject = new MediaStream([track]); return sound.play(); };
    const connected = new Promise((done) => {
      far.onconnectionstatechange = () => far.connectionState === "connected" && done();
    });
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription);
    await connected;
  });
  const say = (bytes) => page.evaluate((base64) => window.ringcraftTest.say(base64), bytes.toString("base64"));
  await say(clip.bytes);
  // What is on its way yet comes while more is said.
  await say(writeWav(new Float32Array(8_000)));
  const heard = Buffer.from(await page.evaluate(() => window.ringcraftTest.takeHeard()), "base64");
  const sound = Float32Array.from({ length: heard.length / 2 }, (_, at) => heard.readInt16LE(2 * at) / 32_768);

  assert.ok(sound.length > clip.samples.length, `${sound.length} samples were heard`);
  const middle = clip.samples.subarray(clip.samples.length / 2, clip.samples.length / 2 + 8_000);
  assert.ok(level(middle) > SILENCE_DBFS);
  const { alike } = find(picture(sound), picture(middle), 0, Infinity);
  t.diagnostic(`half a second of the clip is ${alike.toFixed(3)} alike`);
  assert.ok(alike > 0.8, `${alike}`);
});

test("a sound is found where it is, however loud", () => {
  let seed = 1;
  const noise = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed / 2 ** 32 - 0.5) * 0.5;
  };
  const part = Float32Array.from({ length: 8_000 }, noise);
  const other = Float32Array.from({ length: 8_000 }, noise);
  const sound = new Float32Array(24_000);
  part.forEach((sample, at) => { sound[1_280 + at] = sample / 2; });
  other.forEach((sample, at) => { sound[12_000 + at] = sample; });
  const [seen, wanted] = [picture(sound), picture(part)];
  assert.equal(find(seen, wanted, 0, Infinity).at, columns(80));
  assert.ok(find(seen, wanted, 0, Infinity).alike > 0.99);
  assert.ok(find(seen, wanted, columns(700), Infinity).alike < 0.3);
  const { rate, channels } = readWav(writeWav(sound));
  assert.equal(rate, 16_000);
  assert.ok(channels[0].every((sample, at) => Math.abs(sample - sound[at]) < 1e-4));
});
