import { answered, api, Refused } from "../../api/client";
import { Malformed } from "../../protocol/reading";
import { ScopeEnded, type Scope } from "../../scope";
import { mayTryAgain, readListenMessage, waitAfter, type ListenEvent } from "./listening";
import { readPiece, type Piece } from "./pieces";

/** What came of one connection: whether the server began to tell, and whether it told all. */
interface Ending {
  began: boolean;
  isWhole: boolean;
}

interface Ears {
  tell: (event: ListenEvent) => void;
  hear: (piece: Piece) => void;
}

/** Follows a call until it is over or the scope ends: a connection that is lost is made again. */
export async function follow(scope: Scope, call: string, ears: Ears): Promise<void> {
  let failures = 0;
  let wasHeard = false;
  const isOver = () => scope.isOver;
  try {
    for (;;) {
      const { began, isWhole } = await connect(scope, call, ears);
      if (isOver() || isWhole) return;
      failures = began ? 1 : failures + 1;
      wasHeard ||= began;
      const known = await statusOf(scope, call);
      if (isOver()) return;
      if (known !== null) {
        ears.tell(known);
        return;
      }
      ears.tell({ type: "closed" });
      if (!mayTryAgain(failures, wasHeard)) return;
      await scope.wait(waitAfter(failures));
    }
  } catch (error) {
    if (!(error instanceof ScopeEnded)) throw error;
  }
}

/** Listens over one connection, to its end. */
function connect(scope: Scope, call: string, { tell, hear }: Ears): Promise<Ending> {
  const own = scope.child();
  const url = new URL(`/api/calls/${encodeURIComponent(call)}/listen`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  own.onEnd(() => socket.close());
  const ending: Ending = { began: false, isWhole: false };
  return new Promise((resolve) => {
    own.on(socket, "message", (event) => {
      const { data } = event as MessageEvent<unknown>;
      try {
        if (data instanceof ArrayBuffer) {
          const piece = readPiece(data);
          hear(piece);
          tell({ type: "sound", endsAt: piece.at + piece.rep.length });
        } else if (typeof data === "string") {
          const message = readListenMessage(data);
          if (message === null) return;
          ending.began ||= message.type === "listening";
          ending.isWhole ||= message.type === "call.ended";
          tell({ type: "message", message });
        }
      } catch (error) {
        // A message that cannot be read is left out; the next may be good.
        if (!(error instanceof Malformed)) throw error;
      }
    });
    own.on(socket, "close", () => own.end());
    own.onEnd(() => resolve(ending));
  });
}

/** Why a connection may have ended, which a browser does not say of a WebSocket; null where it is worth another try. */
async function statusOf(scope: Scope, call: string): Promise<ListenEvent | null> {
  const signal = scope.signal();
  try {
    const params = { path: { id: call } };
    const { status } = (await answered(api.GET("/api/calls/{id}", { params, signal }))).call;
    if (status === "live") return null;
    return status === "waiting" ? { type: "refused", why: "notLive" } : { type: "over" };
  } catch (error) {
    return error instanceof Refused && error.status < 500 ? { type: "refused", why: "notYours" } : null;
  }
}
