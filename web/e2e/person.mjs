// Somebody at the page, in a browser window of their own.
import path from "node:path";
import { fileURLToPath } from "node:url";

const IN_PAGE = fileURLToPath(new URL("in_page.js", import.meta.url));

/** Whatever the page shall do, it does in less; only a hang comes near. */
const WITHIN_MS = 30_000;

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

export class Person {
  /** Opens a window. Nobody is signed in yet. */
  static async open(browser, server, { viewport = DESKTOP, scheme = "light" } = {}) {
    const person = new Person();
    person.server = server;
    person.context = await browser.newContext({ viewport, colorScheme: scheme, hasTouch: viewport === PHONE, acceptDownloads: true });
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(WITHIN_MS);
    person.faults = [];
    person.page.on("pageerror", (error) => person.faults.push(String(error)));
    person.page.on("console", (message) => {
      // A refusal that the page expects is one to the browser all the same.
      const isOurs = message.type() === "error" && !message.text().startsWith("Failed to load resource");
      if (isOurs) person.faults.push(message.text());
    });
    await person.page.addInitScript({ path: IN_PAGE });
    return person;
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

  /** Waits for a text to be there. */
  sees(text) {
    return this.page.getByText(text).first().waitFor();
  }

  /** Takes a picture of the window. */
  picture(folder, name) {
    return this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}
