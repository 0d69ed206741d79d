/** What a key asks of the player. */
export type KeyCommand =
  | "toggle"
  | "back_10"
  | "forward_10"
  | "back_5"
  | "forward_5"
  | "previous"
  | "next"
  | "loop_from"
  | "loop_to"
  | "loop_end"
  | "slower"
  | "faster"
  | "skip"
  | "search";

const COMMANDS: Partial<Record<string, KeyCommand>> = {
  " ": "toggle",
  k: "toggle",
  j: "back_10",
  l: "forward_10",
  ArrowLeft: "back_5",
  ArrowRight: "forward_5",
  p: "previous",
  n: "next",
  i: "loop_from",
  o: "loop_to",
  Escape: "loop_end",
  "<": "slower",
  ">": "faster",
  s: "skip",
  "/": "search",
};

/** A key, and what it was pressed on. */
export interface Press {
  key: string;
  hasModifier: boolean;
  /** Somebody writes there. */
  isInField: boolean;
  /** Something there is pressed by the space bar. */
  isOnButton: boolean;
  /** Arrows mean something there: tabs, menus, a slider. */
  hasArrows: boolean;
}

/** What a key asks for; null where it is for somebody else. */
export function commandOf({ key, hasModifier, isInField, isOnButton, hasArrows }: Press): KeyCommand | null {
  if (hasModifier || isInField) return null;
  if (isOnButton && key === " ") return null;
  if (hasArrows && key.startsWith("Arrow")) return null;
  return COMMANDS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** Reads what was pressed, and on what. */
export function pressOf(event: KeyboardEvent): Press {
  const target = event.target instanceof Element ? event.target : null;
  const isOn = (selector: string) => (target?.closest(selector) ?? null) !== null;
  return {
    key: event.key,
    hasModifier: event.ctrlKey || event.metaKey || event.altKey,
    isInField: isOn("input, textarea, select, [contenteditable], [role=dialog], [role=menu]"),
    isOnButton: isOn("button, a, summary"),
    hasArrows: isOn("[role=tab], [role=menu], [role=radio], [role=slider]"),
  };
}
