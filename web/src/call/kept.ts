import { readUtterance, type Utterance } from "../protocol/messages";
import { Fields, Malformed, parseJson } from "../protocol/reading";
import type { OpenedCall } from "./state";

/** What of a call outlives a reload, in this tab alone. */
export interface Kept {
  scenarioId: string;
  /** The same key opens the same call. */
  key: string;
  /** When the tab had the call last. */
  seenAtMs: number;
  call: OpenedCall | null;
  connectedAtMs: number | null;
  utterances: readonly Utterance[];
}

const PLACE = "ringcraft.call";

/** The server holds a call that lost its connection for 30 s; a page that loads takes a moment. */
const COME_BACK_WITHIN_MS = 35_000;

/** Remembers a call. Where the browser keeps nothing, a reload loses it. */
export function keep(kept: Kept): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // Storage is full or forbidden; the call goes on all the same.
  }
}

/** Forgets the call: it is over, or belongs to another tab. */
export function forget(): void {
  try {
    sessionStorage.removeItem(PLACE);
  } catch {
    // Then nothing was kept either.
  }
}

/** The call this tab had, if it can still be gone on with. */
export function kept(nowMs: number): Kept | null {
  try {
    const text = sessionStorage.getItem(PLACE);
    const found = text === null ? null : readKept(parseJson(text));
    return found !== null && nowMs - found.seenAtMs <= COME_BACK_WITHIN_MS ? found : null;
  } catch {
    return null;
  }
}

/** Reads what was kept, or what another tab handed over. Throws `Malformed`. */
export function readKept(value: unknown): Kept {
  const fields = new Fields(value);
  const call = fields.maybe("call");
  return {
    scenarioId: fields.text("scenarioId"),
    key: fields.text("key"),
    seenAtMs: fields.count("seenAtMs"),
    call: call === undefined ? null : readCall(call),
    connectedAtMs: fields.maybeCount("connectedAtMs") ?? null,
    utterances: fields.list("utterances").map(readUtterance),
  };
}

function readCall(fields: Fields): OpenedCall {
  const iceServers = fields.list("iceServers").map((server) => {
    const username = server.maybeText("username");
    const credential = server.maybeText("credential");
    return {
      urls: server.texts("urls"),
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    };
  });
  const id = fields.text("id");
  if (!/^[0-9a-f-]{36}$/u.test(id)) throw new Malformed("a call has another id");
  return { id, token: fields.text("token"), iceServers };
}
