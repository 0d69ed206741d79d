// Every view of the page, and how to bring each into each of its states: with real data of a real call, while it loads,
// with nothing to show, and after a failure.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { makeClips } from "./clips.mjs";
import { Person } from "./person.mjs";
import { BINARY, Server } from "./server.mjs";
import { untilTrue } from "./until.mjs";

export const STATES = ["full", "loading", "empty", "failed"];

/** Long enough for recorded speech to be answered and the call to be sealed; only a hang comes near. */
const COMPLETED_WITHIN_MS = 120_000;

/** What failed lists and things are answered with. */
const FAILED = {
  status: 500,
  json: { error: { code: "internal", message: "something went wrong in the server; try again" } },
};

export class Views {
  /** Starts a server, and holds a call in it with recorded speech. */
  static async prepare(test, clipsOfCall = [1, 3]) {
    const views = new Views();
    views.server = await Server.start(test);
    const clips = await makeClips(test);
    const say = clipsOfCall.flatMap((turn) => ["--say", clips[turn].file]);
    // It cuts in once, so that there is something to see.
    await promisify(execFile)(BINARY, ["call", "--url", views.server.url, "--json", "--barge", "0:1500", ...say], {
      env: { PATH: process.env.PATH, RINGCRAFT_API_KEY: views.server.rep.api_key },
    });
    const newest = async () => (await views.server.ask("GET", "/api/calls")).calls[0];
    await untilTrue(async () => (await newest()).status === "completed", COMPLETED_WITHIN_MS, () => "the call is completed");
    views.call = (await newest()).id;
    const { share } = await views.server.ask("POST", `/api/calls/${views.call}/shares`, { expires_in_days: 7 });
    views.shared = new URL(share.url).pathname;
    return views;
  }

  /** Every view: its address, who sees it, its states, and the requests that bring its data. */
  all() {
    const [rep, manager] = [this.server.rep, this.server.account("manager")];
    const list = { calls: [], next_cursor: null };
    const invitation = { org_name: "Harbour Home Loans", email: "sam@example.com", name: "Sam Okoye" };
    return [
      { name: "sign-in", address: "/sign-in", states: ["full"] },
      { name: "set-up", address: "/setup", states: ["full"], answers: { "/api/auth/setup": { setup: { is_first: true, is_open: true } } } },
      { name: "invitation", address: "/invitation#token=x", states: ["full", "loading", "failed"], data: /\/api\/auth\/invitation/u, answers: { "/api/auth/invitation": { invitation } } },
      { name: "reset-password", address: "/reset-password#token=x", states: ["full"] },
      { name: "practice", address: "/practice", as: rep, states: STATES, data: /\/api\/(scenarios|calls)/u, empty: { "/api/scenarios": { scenarios: [] }, "/api/calls": list } },
      { name: "briefing", address: "/practice/rachel", as: rep, states: ["full", "loading", "failed"], data: /\/api\/scenarios/u },
      { name: "calls", address: "/calls", as: rep, states: STATES, data: /\/api\/calls/u, empty: { "/api/calls": list } },
      { name: "review", address: `/calls/${this.call}`, as: rep, states: ["full", "loading", "failed"], data: /\/api\/calls/u },
      { name: "shared", address: this.shared, states: ["full", "loading", "failed"], data: /\/api\/shared/u },
      { name: "team", address: "/team", as: manager, states: STATES, data: /\/api\/calls/u, empty: { "/api/calls": list } },
      { name: "account", address: "/account", as: rep, states: ["full"] },
      { name: "not-found", address: "/nowhere", as: rep, states: ["full"] },
    ];
  }

  /** Shows a view in a state, in a window of its own. */
  async show(browser, view, state, options) {
    const person = await Person.open(browser, this.server, options);
    if (view.as) {
      const cookie = { name: "ringcraft_session", value: await this.#session(view.as), url: this.server.url };
      await person.context.addCookies([cookie]);
    }
    const answers = { ...view.answers, ...(state === "empty" ? view.empty : {}) };
    await person.page.route("**/api/**", (route) => {
      const { pathname } = new URL(route.request().url());
      if (state === "loading" && view.data.test(pathname)) return undefined;
      if (state === "failed" && view.data.test(pathname)) return route.fulfill(FAILED);
      if (pathname in answers) return route.fulfill({ json: answers[pathname] });
      return route.continue();
    });
    await person.go(view.address);
    await this.#settled(person.page, state).catch((error) => {
      throw new Error(`${view.name}, ${state}: ${error.message}; faults: ${person.faults}`);
    });
    return person;
  }

  #sessions = new Map();

  /** Signs in once for each account: logins are counted. */
  #session(account) {
    const begin = async () => {
      const login = { email: account.email, password: account.password };
      return (await this.server.ask("POST", "/api/auth/login", login)).session.token;
    };
    if (!this.#sessions.has(account)) this.#sessions.set(account, begin());
    return this.#sessions.get(account);
  }

  async #settled(page, state) {
    if (state === null) return;
    // The code of a view is on its way first; then each of its states has its heading.
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    if (state === "loading") await page.getByRole("status", { name: "Loading" }).first().waitFor();
    else await page.waitForLoadState("networkidle");
    // What fails is asked for again before it is shown as failed.
    if (state === "failed") await page.getByRole("alert").first().waitFor();
    await page.evaluate(() => document.fonts.ready);
  }
}
