import { useRef, type RefObject } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";

import { useScope } from "../ui/use-scope";

/** A view that has no heading by then has none, or its reader is elsewhere. */
const HEADING_WITHIN_MS = 5000;

/**
 * Arrives at a new view as a loaded page would: at its top, with its heading read out. A change of the query alone is no
 * arrival, and going back leaves the place to the browser.
 */
export function useArrival(content: RefObject<HTMLElement | null>): void {
  const { pathname } = useLocation();
  const how = useNavigationType();
  const before = useRef(pathname);
  useScope(
    (scope) => {
      const main = content.current;
      if (main === null || before.current === pathname) return;
      before.current = pathname;
      if (how !== NavigationType.Pop) window.scrollTo(0, 0);
      if (hasArrived(main)) return;
      const observer = new MutationObserver(() => {
        if (hasArrived(main)) observer.disconnect();
      });
      const end = () => {
        observer.disconnect();
      };
      observer.observe(main, { childList: true, subtree: true });
      scope.onEnd(end);
      scope.after(HEADING_WITHIN_MS, end);
    },
    [pathname],
  );
}

/** Whether the focus is in the view, moved to its heading where there is one. */
function hasArrived(main: HTMLElement): boolean {
  const { activeElement } = document;
  if (activeElement !== main && main.contains(activeElement)) return true;
  const heading = main.querySelector("h1");
  if (heading === null) return false;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  return true;
}
