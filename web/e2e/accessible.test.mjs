// Every view held against the rules of axe-core, on a phone and on a desktop, light and dark.
import assert from "node:assert/strict";
import test from "node:test";

import { violations } from "./axe.mjs";
import { openChromium } from "./browser.mjs";
import { makeClips } from "./clips.mjs";
import { DESKTOP, PHONE } from "./person.mjs";
import { eachScene } from "./scenes.mjs";
import { Server } from "./server.mjs";
import { Views } from "./views.mjs";

test("axe finds nothing wrong with any view in any state", { timeout: 900_000 }, async (t) => {
  const views = await Views.prepare(t);
  const browser = await openChromium(t);
  const wrong = [];
  let looked = 0;
  for (const [viewport, scheme] of [[PHONE, "light"], [DESKTOP, "dark"]]) {
    for (const view of views.all()) {
      for (const state of view.states) {
        const person = await views.show(browser, view, state, { viewport, scheme });
        const found = await violations(person.page);
        wrong.push(...found.map((text) => `${view.name}, ${state}, ${viewport.width} ${scheme}: ${text}`));
        assert.deepEqual(person.faults, [], `${view.name}, ${state}`);
        looked += 1;
        await person.context.close();
      }
    }
  }
  t.diagnostic(`${looked} pictures of ${views.all().length} views`);
  assert.equal(wrong.length, 0, wrong.join("\n"));
});

test("axe finds nothing wrong with a call, nor with listening to it", { timeout: 900_000 }, async (t) => {
  const [, clip] = await makeClips(t);
  const server = await Server.start(t);
  const wrong = [];
  const look = async (name, person) => {
    for await (const how of person.inEachLook()) {
      wrong.push(...(await violations(person.page)).map((text) => `${name}, ${how}: ${text}`));
    }
    assert.deepEqual(person.faults, [], name);
  };
  await eachScene(await openChromium(t, { hasFakeDevices: true }), { server, clip, look });
  assert.equal(wrong.length, 0, wrong.join("\n"));
});
