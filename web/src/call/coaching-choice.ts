import { useSyncExternalStore } from "react";

import { Fields, parseJson } from "../protocol/reading";
import { HINT_KINDS, type HintKind } from "./coaching-hints";

const CHOICE = "ringcraft.coaching";
const DISMISSED = "ringcraft.coaching.dismissed";

/** Where the browser keeps nothing, it holds until the page is loaded anew. */
let isWanted: boolean | null = null;
const shown = new Set<() => void>();

/** Shows coaching in calls, or does not, and remembers it on this device. */
export function chooseCoaching(isOn: boolean): void {
  isWanted = isOn;
  try {
    localStorage.setItem(CHOICE, isOn ? "on" : "off");
  } catch {
    // Storage is full or forbidden.
  }
  for (const tell of shown) tell();
}

/** Whether somebody wants to be coached: yes, unless they said no. */
export const useCoachingChoice = (): boolean => useSyncExternalStore(subscribe, chosen);

/** What was dismissed in a call, which a reload does not bring back. */
export function dismissedIn(callId: string): readonly HintKind[] {
  try {
    const fields = new Fields(parseJson(sessionStorage.getItem(DISMISSED) ?? "{}"));
    const kinds = fields.maybeText("callId") === callId ? fields.texts("kinds") : [];
    return HINT_KINDS.filter((kind) => kinds.includes(kind));
  } catch {
    return [];
  }
}

/** Remembers what was dismissed in a call, in this tab. */
export function keepDismissed(callId: string, kinds: readonly HintKind[]): void {
  try {
    sessionStorage.setItem(DISMISSED, JSON.stringify({ callId, kinds }));
  } catch {
    // Then it may be told once more after a reload.
  }
}

function chosen(): boolean {
  if (isWanted === null) {
    try {
      isWanted = localStorage.getItem(CHOICE) !== "off";
    } catch {
      isWanted = true;
    }
  }
  return isWanted;
}

function subscribe(tell: () => void): () => void {
  shown.add(tell);
  return () => shown.delete(tell);
}
