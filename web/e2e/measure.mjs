// How fast the page is on this machine: medians of several visits, beside their budgets. Past one, this fails.
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { openChromium } from "./browser.mjs";
import { DESKTOP } from "./person.mjs";
import { ROOT } from "./server.mjs";
import { Views } from "./views.mjs";

const VISITS = 5;

/** A phone of some years ago beside this machine. */
const SLOWDOWN = 4;

const BUDGETS_MS = { interactive: 1000, "hour opens": 1000, "hour scrolls, longest task": 50, "hour plays, longest task": 50 };

const ends = [];
const run = { after: (end) => ends.unshift(end), diagnostic: console.log };
const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** Runs before the page: notes every long task, and when something that is looked for was drawn. */
function watch(selector) {
  window.measured = { tasks: [], shownMs: null };
  new PerformanceObserver((list) => {
    window.measured.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })));
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    if (window.measured.shownMs === null && document.querySelector(selector)) {
      // What is in the document now is on the screen after the next picture.
      requestAnimationFrame(() => requestAnimationFrame(() => { window.measured.shownMs ??= performance.now(); }));
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}

/** The longest task of the page while something is done, 0 where none took 50 ms. */
async function longestTask(page, work) {
  const from = await page.evaluate(() => performance.now());
  await work();
  // Long tasks are told of a little later.
  await page.waitForTimeout(500);
  return page.evaluate((since) => Math.max(0, ...window.measured.tasks.filter(({ startTime }) => since <= startTime).map(({ duration }) => duration)), from);
}

/** A visit: when what matters was drawn, and the last long task before it was done. */
async function visit(views, browser, { view, selector, slowdown, then = async () => ({}) }) {
  const person = await views.show(browser, { name: "blank", address: "/icon.svg", as: view.as, states: [] }, null, { viewport: DESKTOP });
  const { page } = person;
  // What the tests put between page and server takes longer than the server.
  await page.unroute("**/api/**");
  await page.addInitScript(watch, selector);
  const debug = await person.context.newCDPSession(page);
  await debug.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await person.go(view.address);
  await page.waitForFunction(() => window.measured.shownMs !== null);
  await page.waitForTimeout(1500);
  const { tasks, shownMs } = await page.evaluate(() => window.measured);
  // It answers once it is drawn and no long task stands in the way.
  const interactiveMs = Math.max(shownMs, ...tasks.filter(({ startTime }) => startTime <= shownMs).map(({ startTime, duration }) => startTime + duration));
  const more = await then(page);
  await person.context.close();
  return { interactiveMs, ...more };
}

/** The server with some answers in the place of its own, at an address of its own. */
async function answering(server, answers) {
  const { port, hostname } = new URL(server.url);
  const site = http.createServer((request, response) => {
    const answer = answers.find(([where]) => where.test(request.url));
    if (answer) {
      response.setHeader("content-type", "application/json").end(answer[1]);
      return;
    }
    const onward = http.request({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (got) => {
      response.writeHead(got.statusCode, got.headers);
      got.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((done) => { site.listen(0, "127.0.0.1", done); });
  run.after(() => { site.close(); site.closeAllConnections(); });
  return `http://127.0.0.1:${site.address().port}`;
}

async function hourLong() {
  const { createServer } = await import(pathToFileURL(path.join(ROOT, "web/node_modules/vite/dist/node/index.js")).href);
  const vite = await createServer({ root: path.join(ROOT, "web"), server: { middlewareMode: true }, appType: "custom", logLevel: "error" });
  run.after(() => vite.close());
  const { hourLong: make } = await vite.ssrLoadModule("/src/views/review/fixture.ts");
  return make();
}

async function scroll(page) {
  await page.mouse.move(400, 600);
  for (let turn = 0; turn < 60; turn += 1) {
    await page.mouse.wheel(0, 1500);
    await page.waitForTimeout(16);
  }
}

async function play(page) {
  await page.keyboard.press("k");
  await page.waitForTimeout(5000);
  await page.keyboard.press("k");
}

const figures = {};
try {
  const views = await Views.prepare(run);
  const browser = await openChromium(run);
  const find = (name) => views.all().find((view) => view.name === name);

  const visits = [];
  for (let turn = 0; turn < VISITS; turn += 1) visits.push(await visit(views, browser, { view: find("practice"), selector: "main a[href^='/practice/']", slowdown: SLOWDOWN }));
  figures.interactive = median(visits.map(({ interactiveMs }) => interactiveMs));

  const { record, result, waveform } = await hourLong();
  const { call } = await views.server.ask("GET", `/api/calls/${views.call}`);
  const hour = { call: { ...call, duration_ms: record.duration_ms, kpis: { ...call.kpis, result } } };
  const answers = [[/\/api\/calls\/[^/]+$/u, hour], [/\/record$/u, record], [/\/waveform$/u, waveform]];
  views.server.url = await answering(views.server, answers.map(([where, json]) => [where, JSON.stringify(json)]));
  const then = async (page) => ({ scroll: await longestTask(page, () => scroll(page)), play: await longestTask(page, () => play(page)) });
  const hours = [];
  for (let turn = 0; turn < VISITS; turn += 1) hours.push(await visit(views, browser, { view: find("review"), selector: "[data-line='999']", slowdown: 1, then }));
  figures["hour opens"] = median(hours.map(({ interactiveMs }) => interactiveMs));
  figures["hour scrolls, longest task"] = median(hours.map((one) => one.scroll));
  figures["hour plays, longest task"] = median(hours.map((one) => one.play));
} finally {
  for (const end of ends) await end();
}

console.log(`${os.cpus().length} cores, ${os.cpus()[0].model}; medians of ${VISITS}; load ${os.loadavg()[0].toFixed(1)}`);
for (const [name, budget] of Object.entries(BUDGETS_MS)) {
  const isMet = figures[name] <= budget;
  console.log(`${name.padEnd(28)} ${figures[name].toFixed(0).padStart(5)} ms of ${budget} ${isMet ? "" : "PAST ITS BUDGET"}`);
  if (!isMet) process.exitCode = 1;
}
