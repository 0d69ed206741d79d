// What the first visit costs on the line. How fast it is depends on the machine: `measure.mjs`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";

import { openChromium } from "./browser.mjs";
import { Person } from "./person.mjs";
import { ROOT, Server } from "./server.mjs";

/** All that a browser loads to show the practice view to somebody who was never here, in bytes. */
const FIRST_LOAD = 250 * 1024;

/** What compression gains nothing for goes out as it is. */
const PACKED = /\.(woff2|png|webp)$/u;

test("the first load is small, and the charts of the review are not in it", { timeout: 900_000 }, async (t) => {
  const server = await Server.start(t);
  const person = await Person.open(await openChromium(t), server);
  const loaded = new Set();
  person.page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith("/api/")) loaded.add(pathname);
  });
  await person.signIn(server.rep);
  await person.page.getByRole("heading", { name: "Practice" }).waitFor();
  await person.page.waitForLoadState("networkidle");
  const files = [...loaded].map((name) => (path.extname(name) === "" ? "/index.html" : name));
  const sizes = await Promise.all([...new Set(files)].map(async (name) => {
    const bytes = await readFile(path.join(ROOT, "web/dist", name));
    return { name, size: PACKED.test(name) ? bytes.length : gzipSync(bytes).length };
  }));
  for (const { name, size } of sizes) t.diagnostic(`${String(size).padStart(7)} ${name}`);
  const all = sizes.reduce((sum, { size }) => sum + size, 0);
  t.diagnostic(`${(all / 1024).toFixed(1)} KiB of ${FIRST_LOAD / 1024}`);
  assert.ok(sizes.some(({ name }) => name.endsWith(".js")), "scripts are counted");
  assert.ok(all <= FIRST_LOAD, `${all} bytes`);

  const script = new URL(sizes.find(({ name }) => name.endsWith(".js")).name, server.url);
  const answer = await fetch(script, { headers: { "Accept-Encoding": "gzip" } });
  assert.equal(answer.headers.get("content-encoding"), "gzip", "what is counted is what is sent");
});
