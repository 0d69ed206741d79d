// Calls that lose their connection and go on.
import assert from "node:assert/strict";
import test from "node:test";

import { CallPage, openChromium } from "./browser.mjs";
import { assertUnderstood, fetchCall } from "./call.mjs";
import { makeClips } from "./clips.mjs";
import { Relay, RELAY_HOST } from "./relay.mjs";
import { Server } from "./server.mjs";
import { untilTrue, WITHIN_MS } from "./until.mjs";

test("another network: the call is held, ICE begins anew, the call goes on", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t, { RINGCRAFT_RTC_PUBLIC: RELAY_HOST });
  const relay = await Relay.open(t, await server.rtcPort());
  const page = await CallPage.open(await openChromium(t), server);
  await hideCandidates(page);
  await page.call();
  await page.untilAnswered({ from: 0 });
  await talk(page, clips[1]);

  const observed = await server.follow(t, page.id);
  const isRestart = (answer) => answer.request().method() === "PATCH" && answer.status() === 200;
  const restarted = page.page.waitForResponse(isRestart);
  relay.cut();
  await untilTrue(() => observed.some(({ type }) => type === "call.held"), WITHIN_MS, () => "the call is held");
  await restarted;
  const from = page.events.length;
  relay.mend();
  await page.until("call.resumed", { from });
  await page.untilAnswered({ from });
  await talk(page, clips[2]);
  const ended = await page.hangUp();
  assert.equal(ended.reason, "rep_hung_up");

  const left = await fetchCall(server, page.id);
  assertUnderstood(t, clips.slice(1, 3), left.saidBy("rep"), 0.8);
  assert.equal((await calls(server)).length, 1);
  assert.equal(await page.page.evaluate(() => window.ringcraftTest.connections.length), 1, "the connection stayed");
  assert.deepEqual(page.faults, []);
});

test("a page that is loaded again goes on with its call", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t);
  const page = await CallPage.open(await openChromium(t), server);
  await page.call();
  await page.untilAnswered({ from: 0 });
  await talk(page, clips[1]);

  const from = page.events.length;
  await page.page.reload();
  await page.until("call.resumed", { from });
  assert.equal(await page.page.locator("html").getAttribute("data-call"), page.id);
  await page.untilAnswered({ from });
  await talk(page, clips[2]);
  await page.hangUp();

  const left = await fetchCall(server, page.id);
  assertUnderstood(t, clips.slice(1, 3), left.saidBy("rep"), 0.8);
  assert.equal((await calls(server)).length, 1);
  assert.deepEqual(page.faults, []);
  await page.page.reload();
  await page.page.getByRole("button", { name: "Sign in" }).waitFor();
});

/** Else the server would find the browser beside the relay: both are on one machine. */
const hideCandidates = (page) => page.page.route(/\/webrtc/, (route) => {
  const postData = route.request().postData()?.replace(/^a=candidate:.*\r?\n/gm, "");
  return route.continue(postData === undefined ? {} : { postData });
});

async function talk(page, clip) {
  const from = page.events.length;
  await page.say(clip);
  await page.untilAnswered({ from });
}

const calls = async (server) => (await server.ask("GET", "/api/calls")).calls;
