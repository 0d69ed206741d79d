// Firefox is another implementation of everything: one short call.
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import test from "node:test";

import { CallPage, openFirefox } from "./browser.mjs";
import { assertUnderstood, fetchCall } from "./call.mjs";
import { makeClips } from "./clips.mjs";
import { Server } from "./server.mjs";
import { untilTrue, WITHIN_MS } from "./until.mjs";

/** Speech is louder; full scale is 1. */
const SPEECH_PEAK = 0.05;

test("Firefox connects, hears the buyer, is understood and hangs up", { timeout: 900_000 }, async (t) => {
  const [, clip] = await makeClips(t);
  const server = await Server.start(t, { RINGCRAFT_RTC_LISTEN: `${ownAddress()}:0` });
  const page = await CallPage.open(await openFirefox(t), server);
  await page.call();
  await page.untilAnswered({ from: 0 });
  const peak = () => page.page.evaluate(() => window.ringcraftTest.peak());
  await untilTrue(async () => (await peak()) > SPEECH_PEAK, WITHIN_MS, () => "the buyer is heard");
  const from = page.events.length;
  await page.say(clip);
  await page.untilAnswered({ from });
  const ended = await page.hangUp();
  assert.equal(ended.reason, "rep_hung_up");
  assertUnderstood(t, [clip], (await fetchCall(server, page.id)).saidBy("rep"), 0.7);
  assert.deepEqual(page.faults, []);
});

/** An address of this machine that is not its loopback, from which Firefox finds no way anywhere. */
function ownAddress() {
  const all = Object.values(networkInterfaces()).flat();
  const own = all.find(({ family, internal }) => family === "IPv4" && !internal);
  assert.ok(own, "Firefox needs a network interface beside the loopback");
  return own.address;
}
