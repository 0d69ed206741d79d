import { useState } from "react";

import { formatClock } from "../../format";
import { strings } from "../../strings";
import { useScope } from "../../ui/use-scope";

/** How long the call has lasted. */
export function Timer({ connectedAtMs }: { connectedAtMs: number | null }) {
  const [nowMs, setNow] = useState(() => Date.now());
  useScope((scope) => scope.every(500, () => setNow(Date.now())), []);
  return (
    <span role="timer" aria-label={strings.call.duration} aria-live="off" className="min-w-14 text-center text-lg font-medium tabular-nums">
      {connectedAtMs === null ? "–:––" : formatClock(nowMs - connectedAtMs)}
    </span>
  );
}
