// Pictures of every view in each of its states, on a phone and on a desktop, light and dark: `make screenshots`.
//
//   node screenshots.mjs FOLDER [VIEW...]
import { mkdir } from "node:fs/promises";

import { openChromium } from "./browser.mjs";
import { DESKTOP, PHONE } from "./person.mjs";
import { Views } from "./views.mjs";

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error("usage: node screenshots.mjs FOLDER [VIEW...]");
await mkdir(folder, { recursive: true });

const ends = [];
const run = { after: (end) => ends.unshift(end), diagnostic: console.log };
try {
  const views = await Views.prepare(run);
  const browser = await openChromium(run);
  for (const view of views.all().filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const state of view.states) {
      for (const viewport of [PHONE, DESKTOP]) {
        for (const scheme of ["light", "dark"]) {
          const person = await views.show(browser, view, state, { viewport, scheme });
          await person.picture(folder, `${view.name}-${state}-${viewport.width}-${scheme}`);
          for (const fault of person.faults) console.error(`${view.name}, ${state}: ${fault}`);
          await person.context.close();
        }
      }
    }
    console.log(view.name);
  }
} finally {
  for (const end of ends) await end();
}
