/** What lies over a page at its top and bottom: header, player. */
const COVERED_PX = { top: 220, bottom: 150 };

const lineAt = (list: Element | null, index: number): Element | null => list?.children[index] ?? null;

/** Whether a line can be read without scrolling. */
export function isInView(list: Element | null, index: number): boolean {
  const line = lineAt(list, index);
  if (line === null) return true;
  const { top, bottom } = line.getBoundingClientRect();
  return COVERED_PX.top <= top && bottom <= innerHeight - COVERED_PX.bottom;
}

/** Brings a line into the middle: smoothly where it is near, and nobody asked for less motion. */
export function scrollTo(list: Element | null, index: number): void {
  const line = lineAt(list, index);
  if (line === null) return;
  const isNear = Math.abs(line.getBoundingClientRect().top) < 2 * innerHeight;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  line.scrollIntoView({ block: "center", behavior: isNear && !isCalm ? "smooth" : "auto" });
}

/** Which letter of a line's text was pressed; null where it was none. */
export function offsetAt({ clientX, clientY }: MouseEvent): number | null {
  const place = caretAt(clientX, clientY);
  const text = place?.node.parentElement?.closest("[data-text]") ?? null;
  if (place === null || text === null) return null;
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(place.node, place.offset);
  return before.toString().length;
}

function caretAt(x: number, y: number): { node: Node; offset: number } | null {
  // Browsers of 2024 and before lack it; there a press goes to the start of the line.
  if (!("caretPositionFromPoint" in document)) return null;
  const caret = document.caretPositionFromPoint(x, y);
  return caret && { node: caret.offsetNode, offset: caret.offset };
}
