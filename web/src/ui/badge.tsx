import type { ReactNode } from "react";

import { classes } from "./classes";

const TONES = {
  neutral: "bg-sunken text-ink-soft",
  accent: "bg-accent-soft text-accent-strong",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

/** A word that stands out a little. */
export function Badge({ tone = "neutral", children }: { tone?: keyof typeof TONES; children: ReactNode }) {
  return <span className={classes("inline-flex items-center gap-1 rounded-sm px-1.5 py-0.5 text-xs font-medium", TONES[tone])}>{children}</span>;
}
