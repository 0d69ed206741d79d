// Somebody at the page, in a browser window of their own.
import path from "node:path";
import { fileURLToPath } from "node:url";

import { newestFirst, untilTrue, WITHIN_MS } from "./until.mjs";

const IN_PAGE = fileURLToPath(new URL("in_page.js", import.meta.url));

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

export class Person {
  /** Opens a window. Nobody is signed in yet. */
  static async open(browser, server, { viewport = DESKTOP, scheme = "light" } = {}) {
    const person = new Person();
    person.server = server;
    person.context = await browser.newContext({ viewport, colorScheme: scheme, hasTouch: viewport === PHONE, acceptDownloads: true });
    await person.#openPage();
    return person;
  }

  /** The same person in another tab of the same browser. */
  async another() {
    const person = new Person();
    [person.server, person.context] = [this.server, this.context];
    await person.#openPage();
    return person;
  }

  async #openPage() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(WITHIN_MS);
    this.faults = [];
    this.page.on("pageerror", (error) => this.faults.push(String(error)));
    this.page.on("console", (message) => {
      // A refusal that the page expects is one to the browser all the same.
      const isOurs = message.type() === "error" && !message.text().startsWith("Failed to load resource");
      if (isOurs) this.faults.push(message.text());
    });
    await this.page.addInitScript({ path: IN_PAGE });
  }

  /** Goes to an address of the page. */
  go(address) {
    return this.page.goto(new URL(address, this.server.url).href);
  }

  /** Signs in by the form, as one does. */
  async signIn({ email, password }) {
    await this.go("/sign-in");
    await this.page.getByLabel("Email").fill(email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.getByRole("navigation").first().waitFor();
  }

  /** Speaks a clip to its end. */
  say(clip) {
    const bytes = Buffer.from(clip.bytes).toString("base64");
    return this.page.evaluate((base64) => window.ringcraftTest.say(base64), bytes);
  }

  /** A button, by what it is called. */
  button(name) {
    return this.page.getByRole("button", { name });
  }

  /** A link, by what it is called. */
  link(name) {
    return this.page.getByRole("link", { name });
  }

  /** A heading, by what it says. */
  heading(name) {
    return this.page.getByRole("heading", { name });
  }

  /** Waits for a text to be there. */
  sees(text) {
    return this.page.getByText(text).first().waitFor();
  }

  /** In the call: what is in the captions, settled, as "You: …" and "Rachel: …". */
  async captions() {
    const lines = this.page.getByRole("log").locator("> :not([aria-hidden])");
    const texts = await lines.evaluateAll((all) => all.map((line) => [...line.children].map((part) => part.textContent.trim())));
    return texts.filter((parts) => parts.length === 2).map(([who, text]) => ({ who: who.split(" ")[0], note: who, text }));
  }

  /** In the call: waits until the buyer has answered `turns` turns of the rep, or greeted, and listens again. */
  async untilListening(turns, persona = "Rachel") {
    let seen = [];
    const isTurn = async () => {
      seen = await this.captions();
      const listens = await this.page.getByText(`${persona} is listening`).isVisible();
      const lastOfRep = seen.findLastIndex(({ who }) => who === "You");
      const answered = seen.findLastIndex(({ who }) => who === persona);
      return listens && lastOfRep < answered && turns <= seen.filter(({ who }) => who === "You").length;
    };
    await untilTrue(isTurn, WITHIN_MS, () => {
      const said = newestFirst(seen.map(({ note, text }) => `${note}: ${text}`));
      return `${persona} listens after ${turns} turns; faults: ${this.faults};\n${said}\nserver:\n${newestFirst(this.server.log.split("\n"))}`;
    });
  }

  /** In the call: says a clip and waits for the answer. */
  async talk(clip) {
    const turns = (await this.captions()).filter(({ who }) => who === "You").length;
    await this.say(clip);
    await this.untilListening(turns + 1);
  }

  /** In the call: ends it, which is asked once. */
  async endCall() {
    await this.button(/^End$/u).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "End the call" }).click();
    await this.heading("You ended the call").waitFor();
  }

  /** The id of the call that they hold. */
  async runningCall() {
    const { calls } = await this.server.ask("GET", "/api/calls?status=live");
    return calls[0].id;
  }

  /** Looks at the same window in other sizes and colours. */
  async *inEachLook() {
    for (const viewport of [PHONE, DESKTOP]) {
      for (const scheme of ["light", "dark"]) {
        await this.page.setViewportSize(viewport);
        // Without motion no colour is still on its way to another.
        await this.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await this.page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); }));
        yield `${viewport.width}-${scheme}`;
      }
    }
  }

  /** The id of the call or review at whose address this is. */
  get callId() {
    return new URL(this.page.url()).pathname.split("/")[2];
  }

  /** Takes a picture of the window. */
  picture(folder, name) {
    return this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}
