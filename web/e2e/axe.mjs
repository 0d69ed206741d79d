// The rules of axe-core, run in a page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What WCAG 2.2 asks for at level AA, and what is good practice beside it. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds wrong with the page as it is shown now, each as a text. */
export async function violations(page) {
  // The page's policy keeps foreign scripts out, so it comes by the debugger.
  await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), RULES);
  return found.violations.map(({ id, help, nodes }) => {
    const where = nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`);
    return `${id}: ${help}\n${where.join("\n")}`;
  });
}
