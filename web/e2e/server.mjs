// The real server as a process of its own, with a database and a folder that are gone afterwards.
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { untilTrue, WITHIN_MS } from "./until.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const BINARY = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target"), "debug/ringcraft");

const run = promisify(execFile);

/** A running server. Stopped and swept away when the test ends. */
export class Server {
  static async start(test, variables = {}) {
    const server = new Server();
    test.after(() => server.stop());
    await server.#make(variables);
    return server;
  }

  #lines = [];
  #ended = false;
  #child = null;
  #database = null;
  #variables = {};

  async #make(variables) {
    this.folder = await mkdtemp(path.join(tmpdir(), "ringcraft-e2e-"));
    const database = `ringcraft_test_${randomUUID().replaceAll("-", "")}`;
    await sql(`create database ${database}`);
    this.#database = database;
    this.#variables = {
      PATH: process.env.PATH,
      DATABASE_URL: address(database),
      RINGCRAFT_LISTEN: "127.0.0.1:0",
      RINGCRAFT_RTC_LISTEN: "127.0.0.1:0",
      RINGCRAFT_DATA_DIR: path.join(this.folder, "data"),
      RINGCRAFT_DEMO: "on",
      ...variables,
    };
    await this.#run();
    const file = await readFile(path.join(this.folder, "data", "demo-accounts.json"), "utf8");
    this.accounts = JSON.parse(file).accounts;
    this.rep = this.account("rep");
  }

  /** Kills the server as the power does, and starts it again at the same addresses. */
  async restart() {
    const { host } = new URL(this.url);
    this.#variables = { ...this.#variables, RINGCRAFT_LISTEN: host };
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
    this.#lines = [];
    this.#ended = false;
    await this.#run();
  }

  async #run() {
    this.#child = spawn(BINARY, ["serve"], { env: this.#variables, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.on("error", (error) => this.#lines.push(String(error)));
    const log = readline.createInterface(this.#child.stderr);
    log.on("line", (line) => this.#lines.push(line));
    log.on("close", () => { this.#ended = true; });
    const listening = await this.logged(/listening on (http:\/\/127\.0\.0\.1:\d+)/);
    this.url = listening[1];
  }

  /** The first demo account of a role. The first manager leads the first rep's team. */
  account(role) {
    return this.accounts.find((account) => account.role === role);
  }

  /** Waits for a line of the log that fits. */
  async logged(pattern) {
    const found = () => this.#lines.map((line) => line.match(pattern)).find((match) => match) ?? null;
    await untilTrue(() => found() || this.#ended, WITHIN_MS, () => `${pattern} in the log:\n${this.log}`);
    const match = found();
    if (!match) throw new Error(`the server ended without ${pattern}:\n${this.log}`);
    return match;
  }

  get log() {
    return this.#lines.join("\n");
  }

  /** Asks the server as somebody, its rep where nobody is named; what is not JSON comes as bytes. */
  async ask(method, where, json, by = this.rep) {
    const answer = await fetch(new URL(where, this.url), {
      method,
      headers: {
        Authorization: `Bearer ${by.api_key}`,
        ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    });
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    const isJson = answer.headers.get("content-type")?.startsWith("application/json");
    return isJson ? answer.json() : new Uint8Array(await answer.arrayBuffer());
  }

  /** The port of the calls' media. */
  async rtcPort() {
    return Number((await this.logged(/candidates=\[127\.0\.0\.\d:(\d+)/))[1]);
  }

  /** The live events of a call from now on, as an observer gets them; the list grows. */
  async follow(test, call) {
    const stop = new AbortController();
    test.after(() => stop.abort());
    const answer = await fetch(new URL(`/api/calls/${call}/events`, this.url), {
      headers: { Authorization: `Bearer ${this.rep.api_key}` },
      signal: stop.signal,
    });
    if (!answer.ok) throw new Error(`events of ${call}: ${answer.status}`);
    const events = [];
    const lines = readline.createInterface(Readable.fromWeb(answer.body));
    lines.on("line", (line) => line.startsWith("data: ") && events.push(JSON.parse(line.slice(6))));
    // It is cut off when the test ends.
    lines.on("error", () => {});
    return events;
  }

  async stop() {
    if (this.#child?.exitCode === null && this.#child.pid !== undefined) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    // What cannot be dropped goes with the cluster.
    if (this.#database) await sql(`drop database ${this.#database} with (force)`).catch(() => {});
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
  }
}

function maintenance() {
  const url = process.env.RINGCRAFT_TEST_DATABASE_URL;
  if (!url) throw new Error("RINGCRAFT_TEST_DATABASE_URL names no Postgres; `make test` starts one");
  return url;
}

/** The address of another database of the same Postgres. */
function address(database) {
  const [base, parameters = ""] = maintenance().split("?");
  return `${base.slice(0, base.lastIndexOf("/"))}/${database}?${parameters}`;
}

const sql = (statement) => run("psql", ["--no-psqlrc", "--quiet", "--command", statement, maintenance()]);
