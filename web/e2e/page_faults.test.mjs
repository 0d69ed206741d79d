// What goes wrong around a call, and what the page says then.
import assert from "node:assert/strict";
import test from "node:test";

import { openChromium } from "./browser.mjs";
import { assertUnderstood, fetchCall } from "./call.mjs";
import { makeClips } from "./clips.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";

const CALL = "/practice/rachel/call";

test("a microphone that is refused or missing is named, and the rep types instead", { timeout: 900_000 }, async (t) => {
  const server = await Server.start(t);
  const browser = await openChromium(t);
  for (const [name, told] of [["NotAllowedError", "Allow it with the icon"], ["NotFoundError", "No microphone was found"], ["NotReadableError", "Another program uses the microphone"]]) {
    const rep = await Person.open(browser, server);
    await rep.signIn(server.rep);
    await rep.page.addInitScript((error) => {
      window.ringcraftTest.refusal = error;
    }, name);
    await rep.go(CALL);
    await rep.sees(told);
    if (name === "NotFoundError") {
      await rep.button("Type instead").click();
      await rep.untilListening(0);
      await rep.page.getByLabel("Type a turn").fill("Hi Rachel, what rate were you quoted?");
      await rep.page.keyboard.press("Enter");
      await rep.untilListening(1);
      await rep.endCall();
    }
    assert.deepEqual(rep.faults, []);
    await rep.context.close();
  }
});

test("where UDP is shut the call goes over TCP, and where WebRTC is, over a WebSocket", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t);
  const browser = await openChromium(t);
  // As of a firewall that drops: the candidates are there, and nothing comes back from them.
  const shut = { "Over TCP": /^a=candidate:\S+ \d udp /imu, "Over WebSocket": /^a=candidate:/imu };
  for (const [named, dropped] of Object.entries(shut)) {
    const rep = await Person.open(browser, server);
    await rep.signIn(server.rep);
    await drop(rep.page, dropped);
    await rep.go(CALL);
    await rep.untilListening(0);
    await rep.sees(named);
    await rep.talk(clips[1]);
    await rep.endCall();
    await rep.link("See what happened").click();
    await rep.button("Play").waitFor();
    assertUnderstood(t, [clips[1]], (await fetchCall(server, rep.callId)).saidBy("rep"), 0.7);
    assert.deepEqual(rep.faults, [], named);
    await rep.context.close();
  }
});

/** Neither side hears of a way of the other that is shut. */
function drop(page, dropped) {
  const lines = (text, change) => text.split("\r\n").flatMap((line) => (dropped.test(line) ? change(line) : [line])).join("\r\n");
  return page.route(/\/calls\/.*\/webrtc/u, async (route) => {
    const offer = route.request().postData();
    const answer = await route.fetch(offer ? { postData: lines(offer, () => []) } : {});
    const body = lines(await answer.text(), (line) => line.replace(/ \S+ \d+ typ/u, " 192.0.2.1 9 typ"));
    await route.fulfill({ response: answer, body });
  });
}

test("a call outlives its microphone, is loaded again, and is taken over by a second tab", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t);
  const rep = await Person.open(await openChromium(t), server);
  await rep.signIn(server.rep);
  await rep.go(CALL);
  await rep.untilListening(0);

  await rep.page.evaluate(() => window.ringcraftTest.unplug());
  await rep.sees(/Your microphone was taken away\. Now .+ listens/u);
  await rep.talk(clips[1]);
  await rep.page.reload();
  await rep.untilListening(1);

  const second = await rep.another();
  await second.go(CALL);
  await second.heading("You are in a call in another tab").waitFor();
  await second.button("Continue here").click();
  await rep.heading("The call moved to another tab").waitFor();
  await second.untilListening(1);
  await second.talk(clips[3]);
  await second.endCall();
  const { calls } = await server.ask("GET", "/api/calls");
  assert.equal(calls.length, 1, "all of it was one call");
  for (const person of [rep, second]) assert.deepEqual(person.faults, []);
});

test("a server that dies in mid-call: the page says so, and what was said is kept", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t);
  const rep = await Person.open(await openChromium(t), server);
  await rep.signIn(server.rep);
  await rep.go(CALL);
  await rep.untilListening(0);
  await rep.talk(clips[1]);
  await server.restart();
  await rep.link("See what happened").click();
  await rep.button("Play").waitFor();
  const left = await fetchCall(server, rep.callId);
  assert.equal(left.call.end_reason, "server_lost");
  assertUnderstood(t, [clips[1]], left.saidBy("rep"), 0.7);
});

test("a session that ended asks to sign in, and goes back to where one was", { timeout: 900_000 }, async (t) => {
  const server = await Server.start(t);
  const rep = await Person.open(await openChromium(t), server);
  await rep.signIn(server.rep);
  await rep.go("/calls");
  await rep.heading("Your calls").waitFor();
  await rep.context.clearCookies();
  await rep.page.getByRole("link", { name: "Practice" }).first().click();
  await rep.page.getByLabel("Password", { exact: true }).waitFor();
  await rep.page.getByLabel("Email").fill(server.rep.email);
  await rep.page.getByLabel("Password", { exact: true }).fill(server.rep.password);
  await rep.button("Sign in").click();
  await rep.heading("Practice").waitFor();

  await rep.context.setOffline(true);
  await rep.sees("You are offline");
  await rep.context.setOffline(false);
  await rep.page.getByText("You are offline").waitFor({ state: "hidden" });
});
