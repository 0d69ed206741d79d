import { useState } from "react";

import { useScope } from "../../ui/use-scope";
import { commandOf, pressOf, type KeyCommand } from "./keys";
import { nextMarker } from "./markers";
import { useReviewing, type Reviewing } from "./reviewing";

const KEY = "ringcraft.review.keys";

/** Whether the player's letters are in use. Whoever speaks to their computer turns them off. */
export interface Keys {
  isOn: boolean;
  setIsOn: (isOn: boolean) => void;
}

/** The field that the search key goes to. */
export const SEARCH_FIELD = "transcript-search";

/** Makes keys work the player, wherever the focus is. */
export function useKeys(): Keys {
  const reviewing = useReviewing();
  const [isOn, setIsOn] = useState(() => localStorage.getItem(KEY) !== "off");
  useScope(
    (scope) => {
      if (!isOn) return;
      scope.on(document, "keydown", (event) => {
        const command = event.defaultPrevented ? null : commandOf(pressOf(event));
        if (command !== null && perform(command, reviewing)) event.preventDefault();
      });
    },
    [isOn, reviewing],
  );
  const remember = (on: boolean) => {
    localStorage.setItem(KEY, on ? "on" : "off");
    setIsOn(on);
  };
  return { isOn, setIsOn: remember };
}

/** Whether there was something to do. */
function perform(command: KeyCommand, { playback, markers, seek }: Reviewing): boolean {
  const { loop, skipsSilence } = playback.state();
  const go = (way: 1 | -1) => {
    const marker = nextMarker(markers, playback.ms, way);
    if (marker !== null) seek(marker.at_ms);
  };
  switch (command) {
    case "toggle":
      playback.toggle();
      break;
    case "back_10":
      seek(playback.ms - 10_000);
      break;
    case "forward_10":
      seek(playback.ms + 10_000);
      break;
    case "back_5":
      seek(playback.ms - 5000);
      break;
    case "forward_5":
      seek(playback.ms + 5000);
      break;
    case "previous":
      go(-1);
      break;
    case "next":
      go(1);
      break;
    case "loop_from":
      playback.setLoop({ from_ms: playback.ms, to_ms: loop !== null && playback.ms < loop.to_ms ? loop.to_ms : playback.durationMs });
      break;
    case "loop_to":
      playback.setLoop({ from_ms: loop !== null && loop.from_ms < playback.ms ? loop.from_ms : 0, to_ms: Math.max(1, playback.ms) });
      break;
    case "loop_end":
      if (loop === null) return false;
      playback.setLoop(null);
      break;
    case "slower":
      playback.changeRate(-1);
      break;
    case "faster":
      playback.changeRate(1);
      break;
    case "skip":
      playback.setSkipsSilence(!skipsSilence);
      break;
    case "search":
      return focusSearch();
  }
  return true;
}

function focusSearch(): boolean {
  const field = document.getElementById(SEARCH_FIELD);
  field?.focus();
  return field !== null;
}
