import { useRef, useLayoutEffect } from "react";

import { useScope } from "../../ui/use-scope";

interface Keys {
  mute: () => void;
  captions: () => void;
  type: () => void;
}

/** Does what single keys stand for, unless somebody types, or a question waits for its answer. */
export function useKeys(keys: Keys): void {
  const newest = useRef(keys);
  useLayoutEffect(() => {
    newest.current = keys;
  });
  useScope((scope) => {
    scope.on(window, "keydown", (event) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || !isFree(event.target)) return;
      const work = workOf(event, newest.current);
      if (work === null) return;
      // The space bar would scroll, and the letter would be typed into the field it opens.
      event.preventDefault();
      work();
    });
  }, []);
}

function workOf({ key, target }: KeyboardEvent, keys: Keys): (() => void) | null {
  switch (key.toLowerCase()) {
    case " ":
      // A button with the focus is pressed by it.
      return target instanceof Element && target.closest("button, a, summary") ? null : keys.mute;
    case "c":
      return keys.captions;
    case "t":
      return keys.type;
    default:
      return null;
  }
}

const isFree = (target: EventTarget | null): boolean =>
  !(target instanceof Element) || target.closest("input, textarea, select, [contenteditable], [role=dialog]") === null;
