import { useState, type ReactNode } from "react";

import { formatClock } from "../../format";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { useReviewing } from "./reviewing";

/** So many are shown before somebody asks for more. */
const FIRST = 12;

/** A moment to listen to. */
export interface Listed {
  key: string;
  at_ms: number;
  icon?: ReactNode;
  text: ReactNode;
}

/** Moments, each a press away from being heard. */
export function MomentList({ moments, first = FIRST }: { moments: readonly Listed[]; first?: number }) {
  const { listen } = useReviewing();
  const [shown, setShown] = useState(first);
  const more = moments.length - shown;
  return (
    <>
      <ul className="flex flex-col">
        {moments.slice(0, shown).map(({ key, at_ms, icon, text }) => (
          <li key={key}>
            <button
              type="button"
              className="flex min-h-11 w-full items-center gap-2 rounded-sm px-2 text-start text-sm hover:bg-hover sm:min-h-8"
              onClick={() => listen(at_ms)}
            >
              {icon}
              <span className="w-12 shrink-0 text-xs text-ink-faint">{formatClock(at_ms)}</span>
              <span className="min-w-0 flex-1 truncate">{text}</span>
            </button>
          </li>
        ))}
      </ul>
      {0 < more && (
        <Button look="quiet" className="self-start" onClick={() => setShown(shown + 100)}>
          {strings.review.numbers.moreMoments(Math.min(100, more))}
        </Button>
      )}
    </>
  );
}
