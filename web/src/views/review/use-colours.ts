import { useState } from "react";

import { useScope } from "../../ui/use-scope";

/** What a lane is drawn in: what was played, and what is ahead. */
export type Colours = Record<"rep" | "persona", { played: string; ahead: string }>;

/** How much of its colour is left to what is ahead. */
const AHEAD = 0.5;

/** The colours of both sides as a canvas knows them: it cannot read the page's own. They change with the page's looks. */
export function useColours(): Colours {
  const [colours, setColours] = useState(readColours);
  useScope((scope) => {
    const read = () => setColours(readColours());
    scope.on(matchMedia("(prefers-color-scheme: dark)"), "change", read);
    const looks = new MutationObserver(read);
    looks.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    scope.onEnd(() => {
      looks.disconnect();
    });
  }, []);
  return colours;
}

function readColours(): Colours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--color-${name})`;
    const played = getComputedStyle(probe).color;
    return { played, ahead: played.replace(/^rgb\((.+)\)$/u, `rgba($1, ${AHEAD})`) };
  };
  const colours = { rep: read("rep"), persona: read("persona") };
  probe.remove();
  return colours;
}
