// Pictures of every view in each of its states, on a phone and on a desktop, light and dark: `make screenshots`.
//
//   node screenshots.mjs FOLDER [VIEW...]
import { mkdir } from "node:fs/promises";

import { openChromium } from "./browser.mjs";
import { makeClips } from "./clips.mjs";
import { eachScene } from "./scenes.mjs";
import { Views } from "./views.mjs";

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error("usage: node screenshots.mjs FOLDER [VIEW...]");
await mkdir(folder, { recursive: true });

/** Colours that follow others take some pictures to arrive, one after the other. */
const SETTLED_AFTER_MS = 300;

/** Takes a picture of what is shown in each look. */
async function pictures(person, name) {
  for await (const how of person.inEachLook()) {
    await person.page.waitForTimeout(SETTLED_AFTER_MS);
    await person.picture(folder, `${name}-${how}`);
  }
  for (const fault of person.faults) console.error(`${name}: ${fault}`);
}

const ends = [];
const run = { after: (end) => ends.unshift(end), diagnostic: console.log };
try {
  const views = await Views.prepare(run);
  const browser = await openChromium(run, { hasFakeDevices: true });
  const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
  for (const view of views.all().filter(({ name }) => isWanted(name))) {
    for (const state of view.states) {
      const person = await views.show(browser, view, state, {});
      await pictures(person, `${view.name}-${state}`);
      await person.context.close();
    }
    console.log(view.name);
  }
  if (isWanted("call")) {
    const look = async (name, person) => {
      await pictures(person, name);
      console.log(name);
    };
    const [, clip] = await makeClips(run);
    await eachScene(browser, { server: views.server, clip, look });
  }
} finally {
  for (const end of ends) await end();
}
