// Debian's browsers, and a page of ours in one of them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { chromium, firefox } from "playwright-core";

import { newestFirst, untilTrue, WITHIN_MS } from "./until.mjs";

const IN_PAGE = fileURLToPath(new URL("in_page.js", import.meta.url));

const CHROMIUM = ["chromium", "google-chrome"];
const FIREFOX = ["firefox-esr", "firefox"];

/** Starts Chromium. `fakeMicrophone` is a WAV file that it takes for its microphone; with fake devices it lists some. */
export async function openChromium(test, { fakeMicrophone, hasFakeDevices = false } = {}) {
  const args = ["--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream"];
  if (fakeMicrophone) {
    args.push("--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${fakeMicrophone}%noloop`);
  }
  if (hasFakeDevices) args.push("--use-fake-device-for-media-stream");
  const browser = await chromium.launch({ executablePath: installed(CHROMIUM), args });
  test.after(() => browser.close());
  return browser;
}

/** Starts Firefox with a sound card that nobody hears: without one its audio clock stands still. */
export async function openFirefox(test) {
  const sound = await soundServer(test);
  const browser = await firefox.launch({
    channel: "moz-firefox",
    executablePath: installed(FIREFOX),
    env: { ...process.env, PULSE_SERVER: `unix:${sound}` },
    firefoxUserPrefs: {
      "media.autoplay.default": 0,
      "media.autoplay.blocking_policy": 0,
      "media.navigator.permission.disabled": true,
    },
  });
  test.after(() => browser.close());
  return browser;
}

/** The first of some programs that is there. */
function installed(names) {
  const folders = process.env.PATH.split(path.delimiter);
  const places = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`none of ${names.join(", ")} is installed; \`make test\` installs one`);
  return found;
}

async function soundServer(test) {
  const folder = await mkdtemp(path.join(tmpdir(), "ringcraft-sound-"));
  const socket = path.join(folder, "socket");
  const server = spawn("pulseaudio", [
    "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
    "--load=module-null-sink rate=48000", `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
  ], { env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder }, stdio: "ignore" });
  let failure = null;
  server.on("error", (error) => { failure = error; });
  test.after(async () => {
    if (server.exitCode === null && server.pid !== undefined) {
      server.kill();
      await once(server, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  });
  const answers = () => new Promise((done) => {
    const connection = net.connect(socket).on("connect", () => { connection.destroy(); done(true); });
    connection.on("error", () => done(false));
  });
  await untilTrue(() => failure || answers(), WITHIN_MS, () => "the sound server listens");
  if (failure) throw failure;
  return socket;
}

/** The development page in a browser, with all that its call told. */
export class CallPage {
  /** Opens the page; `keepsMicrophone` leaves it the browser's own. */
  static async open(browser, server, { query = "", keepsMicrophone = false } = {}) {
    const opened = new CallPage();
    opened.server = server;
    opened.page = await browser.newPage();
    opened.page.setDefaultTimeout(WITHIN_MS);
    opened.faults = [];
    opened.events = [];
    opened.page.on("pageerror", (error) => opened.faults.push(String(error)));
    opened.page.on("console", (message) => {
      // A refusal that the page expects is one to the browser all the same.
      const isOurs = message.type() === "error" && !message.text().startsWith("Failed to load resource");
      if (isOurs) opened.faults.push(message.text());
    });
    await opened.page.exposeBinding("ringcraftTell", (_, event) => { opened.events.push(event); });
    if (keepsMicrophone) await opened.page.addInitScript(() => { window.ringcraftKeepsMicrophone = true; });
    await opened.page.addInitScript({ path: IN_PAGE });
    await opened.page.goto(`${server.url}/dev/call${query}`);
    return opened;
  }

  /** Signs in as the server's rep and calls the buyer. */
  async call(scenario = "rachel") {
    const { page } = this;
    await page.getByLabel("API key").first().check();
    await page.getByLabel("API key").last().fill(this.server.rep.api_key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Scenario").selectOption(scenario);
    await page.getByRole("button", { name: "Call", exact: true }).click();
    await page.locator("html[data-call]").waitFor({ state: "attached" });
    this.id = await page.locator("html").getAttribute("data-call");
    await this.until("call.connected");
  }

  /** Waits until an event that fits has come after the first `from`, and returns it. */
  async until(type, { from = 0, fits = () => true, within = WITHIN_MS } = {}) {
    const find = () => this.events.slice(from).find((event) => event.type === type && fits(event));
    const has = () => find() !== undefined || this.faults.length > 0;
    await untilTrue(has, within, () => `${type} after event ${from}:\n${this.told()}`);
    if (find() === undefined) throw new Error(`instead of ${type}: ${this.faults.join("; ")}\n${this.told()}`);
    return find();
  }

  /** Waits until the buyer has said all of a reply that is told after the first `from` events. */
  async untilAnswered({ from }) {
    const isOver = () => {
      const told = this.events.slice(from);
      const begun = told.findLastIndex(({ type }) => type === "reply.thinking" || type === "reply.started");
      const ended = told.findLastIndex(({ type }) => type === "reply.ended");
      return 0 <= ended && begun < ended;
    };
    await untilTrue(() => isOver() || this.faults.length > 0, WITHIN_MS, () => `an answer:\n${this.told()}`);
    if (this.faults.length > 0) throw new Error(`${this.faults.join("; ")}\n${this.told()}`);
  }

  /** What one side has said, each utterance as it was told last. */
  said(speaker) {
    const told = this.events.flatMap(({ type, utterance }) => (type === "utterance" ? [utterance] : []));
    const newest = new Map(told.map((utterance) => [utterance.id, utterance]));
    return [...newest.values()].filter((utterance) => utterance.speaker === speaker);
  }

  /** Speaks a clip to its end. */
  say(clip) {
    return this.page.evaluate((base64) => window.ringcraftTest.say(base64), Buffer.from(clip.bytes).toString("base64"));
  }

  /** Presses the button, and waits until the call's artefacts are there. */
  async hangUp() {
    await this.page.getByRole("button", { name: "Hang up" }).click();
    const ended = await this.until("call.ended");
    await this.page.getByRole("link", { name: "Recording" }).waitFor();
    return ended;
  }

  /** What the page heard, at 16 kHz. */
  async heard() {
    const bytes = Buffer.from(await this.page.evaluate(() => window.ringcraftTest.takeHeard()), "base64");
    return Float32Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at) / 32_768);
  }

  /** The selected pair of the newest connection: both its candidates. */
  path() {
    return this.page.evaluate(async () => {
      const stats = await window.ringcraftTest.connections.at(-1).getStats();
      const all = [...stats.values()];
      const transport = all.find(({ type }) => type === "transport");
      const pair = stats.get(transport?.selectedCandidatePairId);
      return pair && { local: stats.get(pair.localCandidateId), remote: stats.get(pair.remoteCandidateId) };
    });
  }

  /** What the page was told, and what the server said of it. */
  told() {
    const told = [...this.events, ...this.faults].map((event) => JSON.stringify(event));
    return `${newestFirst(told)}\nserver:\n${newestFirst(this.server.log.split("\n"))}`;
  }
}
