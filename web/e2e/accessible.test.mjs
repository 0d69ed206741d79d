// Every view held against the rules of axe-core, on a phone and on a desktop, light and dark.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";

import { openChromium } from "./browser.mjs";
import { DESKTOP, PHONE } from "./person.mjs";
import { STATES, Views } from "./views.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What WCAG 2.2 asks for at level AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

test("axe finds nothing wrong with any view in any state", { timeout: 900_000 }, async (t) => {
  const views = await Views.prepare(t);
  const browser = await openChromium(t);
  const wrong = [];
  let looked = 0;
  for (const [viewport, scheme] of [[PHONE, "light"], [DESKTOP, "dark"]]) {
    for (const view of views.all()) {
      for (const state of STATES.filter((state) => view.states.includes(state))) {
        const person = await views.show(browser, view, state, { viewport, scheme });
        // The page's policy keeps foreign scripts out, so it comes by the debugger.
        await person.page.evaluate(await views.source(AXE));
        const { violations } = await person.page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), RULES);
        for (const { id, help, nodes } of violations) {
          wrong.push(`${view.name}, ${state}, ${viewport.width} ${scheme}: ${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`);
        }
        assert.deepEqual(person.faults, [], view.name);
        looked += 1;
        await person.context.close();
      }
    }
  }
  t.diagnostic(`${looked} pictures of ${views.all().length} views`);
  assert.equal(wrong.length, 0, wrong.join("\n"));
});
