import { initials } from "../format";
import { classes } from "./classes";

/** Stands for somebody where there is no picture of them. The rep's is square, the persona's is round. */
export function Monogram({ name, of, className }: { name: string; of: "rep" | "persona"; className?: string }) {
  const all = classes(
    "inline-flex size-9 shrink-0 items-center justify-center text-sm font-semibold",
    of === "rep" ? "rounded-md bg-rep-soft text-rep" : "rounded-full bg-persona-soft text-persona",
    className,
  );
  return (
    <span aria-hidden className={all}>
      {initials(name)}
    </span>
  );
}
