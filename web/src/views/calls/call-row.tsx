import type { PointerEvent, ReactNode } from "react";
import { Link } from "react-router";

import type { CallSummary } from "../../api/calls";
import { formatAgo, formatClock, formatDateTime } from "../../format";
import { strings } from "../../strings";
import { Badge } from "../../ui/badge";
import { Monogram } from "../../ui/monogram";
import { Skeleton } from "../../ui/states";
import { outcomeOf } from "./outcome";

interface Props {
  call: CallSummary;
  /** Of a team: says whose call it is. */
  showsPerson?: boolean;
  /** Where the row leads; nowhere for those who may not see what was said. */
  to?: string | undefined;
  /** Buttons at its end. */
  actions?: ReactNode;
}

/** A list of calls. */
export function CallRows({ children, label }: { children: ReactNode; label: string }) {
  return (
    <ul aria-label={label} className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
      {children}
    </ul>
  );
}

/** A call in a list: all of it is the link, and its buttons lie above. */
export function CallRow({ call, showsPerson = false, to, actions }: Props) {
  const outcome = outcomeOf(call, !showsPerson);
  const name = showsPerson ? call.user.name : call.scenario.title;
  return (
    <li className="relative flex items-center gap-3 px-4 py-3 has-[a.row:hover]:bg-hover sm:gap-4">
      <Monogram name={showsPerson ? name : buyerOf(name)} of={showsPerson ? "rep" : "persona"} className="max-sm:hidden" />
      <div className="flex min-w-0 flex-1 flex-col gap-1 sm:flex-row sm:items-center sm:gap-4">
        <div className="min-w-0 sm:flex-1">
          {to === undefined ? (
            <div className="truncate font-medium">{name}</div>
          ) : (
            <Link to={to} className="row block truncate font-medium after:absolute after:inset-0">
              {name}
            </Link>
          )}
          <div className="truncate text-sm text-ink-soft">
            {showsPerson && `${call.scenario.title} · `}
            <Ago iso={call.created_at} />
          </div>
        </div>
        <div className="flex items-center gap-3 sm:contents">
          <div className="sm:w-52">
            <Badge tone={outcome.tone}>{outcome.text}</Badge>
          </div>
          <div className="text-sm text-ink-soft sm:w-16 sm:text-end">
            <Length call={call} />
          </div>
        </div>
      </div>
      {actions && <div className="relative flex shrink-0 items-center gap-2">{actions}</div>}
    </li>
  );
}

/** How long ago something was; when exactly is told to whoever points at it. */
function Ago({ iso }: { iso: string }) {
  const tell = ({ currentTarget }: PointerEvent<HTMLTimeElement>) => {
    currentTarget.title = formatDateTime(iso);
  };
  return (
    <time dateTime={iso} onPointerEnter={tell}>
      {formatAgo(iso, new Date())}
    </time>
  );
}

/** Titles begin with who is called: "Rachel, the rate shopper". */
const buyerOf = (title: string) => title.split(",", 1)[0] ?? title;

function Length({ call }: { call: CallSummary }) {
  if (call.duration_ms === null || call.duration_ms === undefined) return null;
  const length = formatClock(call.duration_ms);
  return (
    <>
      <span className="sr-only">{strings.practice.calls.length(length)}</span>
      <span aria-hidden>{length}</span>
    </>
  );
}

/** Rows that are on their way. */
export function CallRowsLoading({ count }: { count: number }) {
  return (
    <div className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
      {Array.from({ length: count }, (_, row) => (
        <div key={row} className="flex items-center gap-4 px-4 py-3.5">
          <Skeleton className="size-9 rounded-full max-sm:hidden" />
          <div className="flex flex-1 flex-col gap-2">
            <Skeleton className="h-4 w-2/5" />
            <Skeleton className="h-3.5 w-1/4" />
            <Skeleton className="h-4.5 w-1/3 sm:hidden" />
          </div>
        </div>
      ))}
    </div>
  );
}
