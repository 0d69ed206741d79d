import { useState } from "react";

import { useScope } from "../../ui/use-scope";

/** What a lane is drawn in: what was played, and what is ahead. */
export type Colours = Record<"rep" | "persona", { played: string; ahead: string }>;

/** How much of its colour is left to what is ahead; the rest is the ground's. */
const AHEAD = 0.45;

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
  // Where motion is reduced every change is a very short transition, which begins with the colour of before.
  probe.style.setProperty("transition", "none", "important");
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--color-${name})`;
    return getComputedStyle(probe).color;
  };
  const ground = read("sunken");
  const lane = (played: string) => ({ played, ahead: mixed(played, ground) });
  const colours = { rep: lane(read("rep")), persona: lane(read("persona")) };
  probe.remove();
  return colours;
}

/** Opaque: the lanes' progress is painted through what is ahead, and would be as faint. */
function mixed(colour: string, ground: string): string {
  const [over, under] = [channelsOf(colour), channelsOf(ground)];
  return `rgb(${over.map((value, at) => Math.round(AHEAD * value + (1 - AHEAD) * (under[at] ?? 0))).join(" ")})`;
}

/** The red, green and blue of a computed colour. */
function channelsOf(colour: string): number[] {
  return (colour.match(/[\d.]+/gu) ?? []).slice(0, 3).map(Number);
}
