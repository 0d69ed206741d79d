import { useQueryClient } from "@tanstack/react-query";
import { useReducer, useRef, useState } from "react";

import { chosenDevices } from "../../audio/chosen-devices";
import { Scope } from "../../scope";
import { useScope } from "../../ui/use-scope";
import { follow } from "./connection";
import { BEFORE, listen, type ListenEvent, type Listening } from "./listening";
import { ListenPlayer } from "./player";

export interface Ears {
  state: Listening;
  /** What plays; null while nobody listens. */
  player: ListenPlayer | null;
  isApart: boolean;
  setApart: (isApart: boolean) => void;
  start: () => void;
  stop: () => void;
}

/** Listens to a call while the view is there. */
export function useListening(call: string): Ears {
  const queries = useQueryClient();
  const [state, tell] = useReducer(listen, BEFORE);
  const [player, setPlayer] = useState<ListenPlayer | null>(null);
  const [isApart, setIsApart] = useState(false);
  const session = useRef<Scope | null>(null);
  useScope((scope) => scope.onEnd(() => session.current?.end()), [call]);

  const stop = () => {
    session.current?.end();
    setPlayer(null);
    tell({ type: "stopped" });
  };
  const start = () => {
    session.current?.end();
    const scope = new Scope();
    session.current = scope;
    const player = new ListenPlayer(scope, chosenDevices().speaker?.id);
    player.setApart(isApart);
    setPlayer(player);
    tell({ type: "pressed" });
    const told = (event: ListenEvent) => {
      tell(event);
      // The lists show it as live, and the review is being made.
      if (event.type === "over" || (event.type === "message" && event.message.type === "call.ended")) {
        void queries.invalidateQueries({ queryKey: ["calls"] });
      }
    };
    void follow(scope, call, { tell: told, hear: (piece) => player.play(piece) });
  };
  const setApart = (isApart: boolean) => {
    setIsApart(isApart);
    player?.setApart(isApart);
  };
  return { state, player, isApart, setApart, start, stop };
}
