// A loan officer's six turns in a browser, to the hang-up: what is left is held against what was spoken.
import assert from "node:assert/strict";
import test from "node:test";

import { CallPage, openChromium } from "./browser.mjs";
import {
  assertHeard, assertPlayed, assertSilentBetween, assertSpoken, assertUnderstood, fetchCall, fetchLog,
} from "./call.mjs";
import { makeClips } from "./clips.mjs";
import { Server } from "./server.mjs";
import { samples } from "./sound.mjs";

/** The share of sound that is found where it belongs: where a busy machine stood still, the pieces around it are not. */
const FOUND = 0.6;

test("a whole call in Chromium leaves the truth", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t);
  const page = await CallPage.open(await openChromium(t), server);
  await page.call();
  await page.untilAnswered({ from: 0 });
  const beganMs = [];
  for (const clip of clips) {
    const from = page.events.length;
    await page.say(clip);
    beganMs.push((await page.until("rep.started", { from })).at_ms);
    await page.untilAnswered({ from });
  }
  assert.equal((await page.path()).remote.protocol, "udp");
  const ended = await page.hangUp();
  assert.equal(ended.reason, "rep_hung_up");
  assert.deepEqual(page.faults, []);

  const left = await fetchCall(server, page.id);
  assert.equal(left.call.status, "completed");
  assert.equal(left.call.end_reason, "rep_hung_up");
  const [rep, persona] = [left.saidBy("rep"), left.saidBy("persona")];
  assertUnderstood(t, clips, rep, 0.85);
  assertSpoken(t, clips, beganMs, left.rep, FOUND);
  // A turn in which the machine stood still may be taken for two.
  assert.ok(persona.length > clips.length, `an opening and an answer to each turn: ${JSON.stringify(persona)}`);
  assertHeard(t, persona, left.persona, await page.heard(), FOUND);
  const log = await fetchLog(left.call);
  assertSilentBetween(log, left.persona);
  assertPlayed(t, log);
  assert.equal(left.rep.length, left.persona.length);
  assert.ok(Math.abs(left.rep.length - samples(left.record.duration_ms)) <= 16, `${left.rep.length} samples`);

  const told = page.events.filter(({ type }) => type === "utterance").map(({ utterance }) => utterance.id);
  const kept = left.record.utterances.map(({ id }) => id);
  assert.deepEqual([...new Set(told)].sort(), [...kept].sort(), "the page was told what the record has");
});
