// What is seen only while a call runs: the call itself, its questions and faults, and whoever listens in.
import { Person } from "./person.mjs";

const CALL = "/practice/rachel/call";

/** Brings each scene about, in one call, and lets it be looked at. */
export async function eachScene(browser, { server, clip, look }) {
  const rep = await Person.open(browser, server);
  await rep.signIn(server.rep);
  await beforeTheCall(rep, look);
  await rep.go(CALL);
  await rep.untilListening(0);
  await rep.talk(clip);
  await look("call-full", rep);
  await rep.button(/^Coaching/u).click();
  await look("call-coaching", rep);
  await rep.page.keyboard.press("Escape");
  await rep.page.keyboard.press("t");
  await look("call-typing", rep);
  await rep.button("Devices").click();
  await look("call-devices", rep);
  await rep.page.keyboard.press("Escape");

  const manager = await Person.open(browser, server);
  await manager.signIn(server.account("manager"));
  await manager.go(`/calls/${await rep.runningCall()}/listen`);
  await manager.button(/^Listen$/u).waitFor();
  await look("listen-before", manager);
  await manager.button(/^Listen$/u).click();
  await rep.sees("is listening in");
  await manager.page.getByRole("log").getByText("Rachel").first().waitFor();
  await look("listen-full", manager);
  await look("call-listened", rep);
  await manager.context.close();

  await rep.button(/^End$/u).click();
  await look("call-ending", rep);
  await rep.page.getByRole("dialog").getByRole("button", { name: "End the call" }).click();
  await rep.button("Stay here").click();
  await look("call-over", rep);
  await rep.context.close();
}

/** Where it cannot be opened, and while it is being connected. */
async function beforeTheCall(rep, look) {
  const calls = (url) => url.pathname === "/api/calls";
  const busy = { error: { code: "no_free_slot", message: "all lines are busy" } };
  await rep.page.route(calls, (route) => (route.request().method() === "POST" ? route.fulfill({ status: 503, json: busy }) : route.continue()));
  await rep.go(CALL);
  await rep.heading("All lines are busy").waitFor();
  await look("call-failed", rep);
  await rep.page.unroute(calls);
  const offers = /\/calls\/.*\/webrtc$/u;
  await rep.page.route(offers, () => undefined);
  await rep.go("/practice");
  await rep.go(CALL);
  await rep.sees("Calling Rachel");
  await look("call-loading", rep);
  await rep.page.unroute(offers);
}
