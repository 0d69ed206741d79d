import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { findPath, readChecked, type Tried } from "./connection-check";

/** Tries that come out as they are told, in turn. */
async function climb(...outcomes: Tried[]): Promise<{ path: string; tried: string[] }> {
  const tried: string[] = [];
  const next = (name: string): Promise<Tried> => {
    tried.push(name);
    const outcome = outcomes.shift();
    if (outcome === undefined) throw new Error(`nobody expected ${name}`);
    return Promise.resolve(outcome);
  };
  const path = await findPath({ webrtc: next, websocket: () => next("websocket") });
  return { path, tried };
}

it("takes the best way that is open", async () => {
  expect(await climb("udp")).toEqual({ path: "udp", tried: ["all"] });
  expect(await climb("tcp")).toEqual({ path: "tcp", tried: ["all"] });
  expect(await climb("failed", "tcp")).toEqual({ path: "tcp", tried: ["all", "without_udp"] });
  expect(await climb("failed", "failed", "websocket")).toEqual({ path: "websocket", tried: ["all", "without_udp", "websocket"] });
  expect((await climb("failed", "failed", "failed")).path).toBe("none");
});

it("tries nothing else where another way would not tell more", async () => {
  expect(await climb("unchecked")).toEqual({ path: "unchecked", tried: ["all"] });
  expect(await climb("failed", "unreachable")).toEqual({ path: "unreachable", tried: ["all", "without_udp"] });
});

const SAMPLE = readFileSync(fileURLToPath(new URL("../../../../tests/protocol/webrtc/connection.checked.json", import.meta.url)), "utf8");

it("reads what the server found, and passes over the rest", () => {
  expect(readChecked(SAMPLE)).toBe("udp");
  expect(readChecked('{"type":"connection.checked","protocol":"tcp","rtt_ms":3}')).toBe("tcp");
  expect(readChecked('{"type":"connection.checked","protocol":"pigeon"}')).toBeNull();
  expect(readChecked('{"type":"pause","protocol":"udp"}')).toBeNull();
  expect(readChecked("{")).toBeNull();
  expect(readChecked(new ArrayBuffer(2))).toBeNull();
});
