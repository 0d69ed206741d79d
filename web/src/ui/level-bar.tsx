import { useRef } from "react";

import { meterShare } from "../audio/level";
import type { Scope } from "../scope";
import { classes } from "./classes";
import { useScope } from "./use-scope";

interface Props {
  of: "rep" | "persona";
  /** Has the level told, before each picture; null while there is none. */
  watch: ((scope: Scope, listener: (dbfs: number) => void) => void) | null;
  className?: string;
}

/** How loud somebody is now, as a bar. For eyes alone: words say who speaks. */
export function LevelBar({ of, watch, className }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  useScope((scope) => {
    const show = (share: number) => {
      if (bar.current) bar.current.style.width = `${(100 * share).toFixed(1)}%`;
    };
    show(0);
    watch?.(scope, (dbfs) => show(meterShare(dbfs)));
  }, [watch]);
  return (
    <div aria-hidden className={classes("h-2 overflow-hidden rounded-full bg-sunken", className)}>
      <div ref={bar} className={classes("h-full w-0 rounded-full", of === "rep" ? "bg-rep" : "bg-persona")} />
    </div>
  );
}
