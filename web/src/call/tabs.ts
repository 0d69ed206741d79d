import { Fields, Malformed } from "../protocol/reading";
import type { Scope } from "../scope";
import { readKept, type Kept } from "./kept";

const CHANNEL = "ringcraft.calls";

/** Tabs of one browser answer within some milliseconds; one that sleeps has no call. */
const ANSWER_WITHIN_MS = 250;

/** Whoever gives a call away says goodbye to the server first. */
const GIVE_WITHIN_MS = 1500;

/** The other tabs of this browser. One of them may have a call already. */
export class Tabs {
  readonly #scope: Scope;
  readonly #channel: BroadcastChannel;
  readonly #give: () => Kept | null;
  #answered: (() => void) | null = null;
  #given: ((kept: Kept) => void) | null = null;

  /**
   * `hasCall` says whether this tab has a call, and `give` lets go of it for another tab, with what that needs to go on.
   */
  constructor(scope: Scope, hasCall: () => boolean, give: () => Kept | null) {
    this.#scope = scope;
    this.#give = give;
    this.#channel = new BroadcastChannel(CHANNEL);
    scope.onEnd(() => this.#channel.close());
    scope.on(this.#channel, "message", (event) => {
      try {
        this.#hear(new Fields((event as MessageEvent<unknown>).data), hasCall());
      } catch (error) {
        // A tab of another version may say what this one does not know.
        if (!(error instanceof Malformed)) throw error;
      }
    });
  }

  /** Whether another tab has a call. */
  async hasCall(): Promise<boolean> {
    const answered = new Promise<boolean>((done) => {
      this.#answered = () => done(true);
    });
    this.#channel.postMessage({ type: "who" });
    return Promise.race([answered, this.#scope.wait(ANSWER_WITHIN_MS).then(() => false)]);
  }

  /** Takes the call of another tab; null where it is gone meanwhile. */
  async take(): Promise<Kept | null> {
    const given = new Promise<Kept>((done) => {
      this.#given = done;
    });
    this.#channel.postMessage({ type: "take" });
    return Promise.race([given, this.#scope.wait(GIVE_WITHIN_MS).then(() => null)]);
  }

  #hear(fields: Fields, hasCall: boolean): void {
    switch (fields.text("type")) {
      case "who":
        if (hasCall) this.#channel.postMessage({ type: "here" });
        return;
      case "here":
        this.#answered?.();
        return;
      case "take": {
        const kept = hasCall ? this.#give() : null;
        if (kept !== null) this.#channel.postMessage({ type: "given", kept });
        return;
      }
      case "given":
        this.#given?.(readKept(fields.value("kept")));
        this.#given = null;
    }
  }
}
