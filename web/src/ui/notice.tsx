import { CircleAlert, CircleCheck, Info } from "lucide-react";
import type { ReactNode } from "react";

import { classes } from "./classes";

const TONES = {
  neutral: "border-line bg-sunken text-ink",
  good: "border-transparent bg-good-soft text-good",
  warn: "border-transparent bg-warn-soft text-warn",
  bad: "border-transparent bg-bad-soft text-bad",
};

/** A sentence or two that matter now. What went wrong is read out at once, the rest when there is time. */
export function Notice({ tone = "neutral", children, action }: { tone?: keyof typeof TONES; children: ReactNode; action?: ReactNode }) {
  const Icon = tone === "good" ? CircleCheck : tone === "neutral" ? Info : CircleAlert;
  return (
    <div role={tone === "bad" ? "alert" : "status"} className={classes("flex items-start gap-2.5 rounded-md border px-3 py-2.5 text-sm", TONES[tone])}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">{children}</div>
      {action}
    </div>
  );
}
