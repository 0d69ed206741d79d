// The whole way of a rep and of the manager of their team, with recorded speech on a real server.
import assert from "node:assert/strict";
import test from "node:test";

import { openChromium } from "./browser.mjs";
import { assertUnderstood, fetchCall } from "./call.mjs";
import { makeClips } from "./clips.mjs";
import { DESKTOP, Person, PHONE } from "./person.mjs";
import { readWav } from "./sound.mjs";
import { Server } from "./server.mjs";
import { untilTrue, WITHIN_MS } from "./until.mjs";

test("at a desk: a rep checks the devices, calls, is listened to, reviews and shares", { timeout: 900_000 }, async (t) => {
  const clips = await makeClips(t);
  const server = await Server.start(t);
  const browser = await openChromium(t, { hasFakeDevices: true });
  const rep = await Person.open(browser, server, { viewport: DESKTOP });

  // Practice, and what the call is about.
  await rep.signIn(server.rep);
  await rep.page.getByRole("link", { name: /^Rachel/u }).first().click();
  await rep.heading(/Rachel/u).first().waitFor();
  await rep.heading("What makes a good call").waitFor();
  await rep.sees("This call is recorded and written down");

  // The devices, once.
  await rep.button("Check this device").click();
  await rep.sees("Say something");
  await rep.say(clips[1]);
  await rep.sees("We hear you.");
  await rep.button("Play a sound").click();
  await rep.button("Yes").click();
  await rep.sees("Direct: sound takes the shortest way.");
  await rep.button("Done").click();

  // The call.
  await rep.link("Call Rachel").click();
  await rep.untilListening(0);
  await rep.sees("Direct");
  await rep.talk(clips[1]);

  // Their manager listens in, and they see it.
  const manager = await Person.open(browser, server, { viewport: DESKTOP, scheme: "dark" });
  await manager.signIn(server.account("manager"));
  await manager.link("Team calls").click();
  await manager.link(`Listen in to ${server.rep.name}`).click();
  await manager.button(/^Listen$/u).click();
  await rep.sees(`${server.account("manager").name} is listening in`);
  const before = (await rep.captions()).length;
  await rep.talk(clips[3]);
  // What the rep is shown may still be corrected, and the manager is shown the same.
  const sharesCaptions = async () => {
    const [said] = (await rep.captions()).slice(before);
    return manager.page.getByText(said.text, { exact: true }).first().isVisible();
  };
  await untilTrue(sharesCaptions, WITHIN_MS, () => "the manager reads what is said");
  await manager.button("Stop listening").click();
  await rep.page.getByText("is listening in").waitFor({ state: "hidden" });

  // A turn that is typed.
  await rep.page.keyboard.press("t");
  await rep.page.getByLabel("Type a turn").fill("What matters most to you about this loan?");
  await rep.page.keyboard.press("Enter");
  await untilTrue(async () => (await rep.captions()).some(({ note }) => note.includes("typed")), WITHIN_MS, () => "the typed turn");
  await rep.untilListening(3);
  const captions = await rep.captions();
  await rep.endCall();
  await rep.link("See what happened").click();

  // What happened.
  await rep.button("Play").waitFor();
  const id = rep.callId;
  const left = await fetchCall(server, id);
  assertUnderstood(t, [clips[1]], left.saidBy("rep"), 0.7);
  assert.equal(left.saidBy("rep").filter(({ typed }) => typed).length, 1);
  // The words of a long turn may be corrected after the call; what the buyer said is not.
  const byBuyer = captions.filter(({ who }) => who !== "You").map(({ text }) => text);
  assert.deepEqual(byBuyer, left.saidBy("persona").map(({ text }) => text.trim()), "the captions are the record");
  assert.equal(captions.length - byBuyer.length, left.saidBy("rep").length);
  await rep.sees("What matters most to you about this loan?");
  await plays(rep);
  const download = rep.page.waitForEvent("download");
  await rep.button("Download").click();
  await rep.page.getByRole("menuitem", { name: "Recording, WAV" }).click();
  const chunks = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
  assert.equal(readWav(Buffer.concat(chunks)).channels.length, 2);

  // A link for somebody who has no account.
  await rep.button("Share").click();
  await rep.button("Make a link").click();
  const field = rep.page.getByLabel("The link", { exact: true });
  const link = await field.inputValue();
  const guest = await Person.open(browser, server, { viewport: PHONE });
  await guest.go(link);
  await guest.sees("What matters most to you about this loan?");
  assert.equal(await guest.button("Share").count(), 0);
  await rep.button(/^Revoke/u).click();
  await rep.sees("revoked");
  await guest.page.reload();
  await guest.heading("This link leads nowhere").waitFor();

  // The manager finds it.
  await manager.go("/team");
  await manager.page.getByRole("link", { name: new RegExp(server.rep.name, "u") }).first().click();
  await manager.button("Play").waitFor();
  assert.equal(manager.callId, id);
  for (const person of [rep, manager, guest]) assert.deepEqual(person.faults, []);
});

test("on a phone: a call in which the rep says nothing has a review that claims nothing", { timeout: 900_000 }, async (t) => {
  const server = await Server.start(t);
  const rep = await Person.open(await openChromium(t), server, { viewport: PHONE });
  await rep.signIn(server.rep);
  await rep.page.getByRole("link", { name: /^Rachel/u }).first().tap();
  await rep.link("Start without a check").tap();
  await rep.page.getByText(/Rachel is (thinking|speaking)/u).waitFor();
  await rep.button(/^End$/u).tap();
  await rep.page.getByRole("dialog").getByRole("button", { name: "End the call" }).tap();
  await rep.link("See what happened").tap();
  await rep.button("Play").waitFor();
  await rep.page.getByRole("tab", { name: "Numbers" }).tap();
  await rep.sees("Nothing said");
  assert.equal(await rep.page.getByText("met", { exact: true }).count(), 0, "nothing was aimed at");
  assert.deepEqual(rep.faults, []);
});

/** The recording plays: its place moves. */
async function plays(person) {
  const slider = person.page.getByRole("slider", { name: "Position in the call" });
  const at = async () => Number(await slider.getAttribute("aria-valuenow"));
  const begun = await at();
  await person.button("Play").click();
  await untilTrue(async () => begun < (await at()), WITHIN_MS, () => "the recording plays");
  await person.button("Pause").click();
}
