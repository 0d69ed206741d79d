import { useRef } from "react";

import type { CallSession } from "../../call/session";
import { classes } from "../../ui/classes";
import { Monogram } from "../../ui/monogram";
import { useScope } from "../../ui/use-scope";

/** How much wider than the face the ring is at full voice. */
const WIDEST = 0.34;

/** The persona, with a ring that follows their voice. It stands still for whoever wants no motion. */
export function Face({ name, session, isSpeaking }: { name: string; session: CallSession; isSpeaking: boolean }) {
  const ring = useRef<HTMLSpanElement>(null);
  useScope(
    (scope) => {
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      scope.eachFrame((nowMs) => {
        if (ring.current === null) return;
        const level = isSpeaking ? session.level(nowMs) : 0;
        ring.current.style.transform = `scale(${1.06 + WIDEST * level})`;
      });
    },
    [session, isSpeaking],
  );
  return (
    <div className="relative grid size-28 place-items-center sm:size-40">
      <span
        ref={ring}
        aria-hidden
        className={classes(
          "absolute inset-0 scale-106 rounded-full border-3 transition-opacity duration-200",
          isSpeaking ? "border-persona opacity-100" : "border-line-strong opacity-40",
        )}
      />
      <Monogram name={name} of="persona" className="size-full text-4xl sm:text-6xl" />
    </div>
  );
}
