import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { Refused, Unreachable } from "../api/client";
import { strings } from "../strings";
import { Button } from "./button";
import { classes } from "./classes";

/** Where something is going to be. Of its size, so that nothing jumps when it comes. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classes("animate-pulse rounded-md bg-hover", className)} />;
}

/** Skeletons, and a word for those who do not see them. */
export function Loading({ children }: { children: ReactNode }) {
  return (
    <div role="status" aria-label={strings.common.loading}>
      {children}
    </div>
  );
}

interface StateProps {
  /** How its title is headed: by the view's own heading where it stands for a whole view. */
  heading?: "h1" | "h2";
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing is here yet: what will be, and the one thing to do. */
export function Empty({ heading: Heading = "h2", icon, title, children, action }: StateProps) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-lg border border-dashed border-line px-6 py-12 text-center">
      {icon && <div className="text-ink-faint [&_svg]:size-7">{icon}</div>}
      <Heading className="text-base font-semibold">{title}</Heading>
      {children && <div className="max-w-md text-sm text-ink-soft">{children}</div>}
      {action}
    </div>
  );
}

/** Something went wrong: what, and how to go on. */
export function Failed({ title = strings.common.failed, error, onRetry }: { title?: string; error: unknown; onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 rounded-lg border border-line bg-surface px-6 py-12 text-center">
      <CircleAlert aria-hidden className="size-7 text-bad" />
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="max-w-md text-sm text-ink-soft">{tell(error)}</p>
      {onRetry && <Button onClick={onRetry}>{strings.common.retry}</Button>}
    </div>
  );
}

/** An error as a sentence for people. */
export function tell(error: unknown): string {
  if (error instanceof Unreachable) return strings.common.unreachable;
  if (error instanceof Refused) return sentence(error.message);
  return error instanceof Error ? sentence(error.message) : strings.common.broken.text;
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toLocaleUpperCase(strings.locale);
  const full = first + text.slice(1);
  return /[.!?]$/u.test(full) ? full : `${full}.`;
}
