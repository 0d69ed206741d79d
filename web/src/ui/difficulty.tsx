import { strings } from "../strings";
import { classes } from "./classes";

const LEVELS = ["easy", "medium", "hard"];

/** How hard a scenario is: a word, and as many bars. */
export function Difficulty({ of }: { of: string }) {
  const level = LEVELS.indexOf(of);
  return (
    <span className="inline-flex items-center gap-1.5 text-sm text-ink-soft">
      {0 <= level && (
        <span aria-hidden className="flex items-end gap-0.5">
          {LEVELS.map((name, at) => (
            <span key={name} className={classes("w-1 rounded-full", ["h-1.5", "h-2.5", "h-3.5"][at], at <= level ? "bg-ink-soft" : "bg-line")} />
          ))}
        </span>
      )}
      {strings.practice.difficulty(of)}
    </span>
  );
}
