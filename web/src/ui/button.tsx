import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

import { classes } from "./classes";

type Look = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent",
  plain: "bg-surface text-ink hover:bg-hover border-line",
  quiet: "bg-transparent text-ink-soft hover:bg-hover hover:text-ink border-transparent",
  danger: "bg-bad text-surface hover:opacity-90 border-transparent",
};

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  size?: "regular" | "large";
  /** Something of it is under way: it turns, and takes no second press. */
  isBusy?: boolean;
  /** Takes the look alone, for the link that is its child. */
  asChild?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** Something to press. */
export function Button({ look = "plain", size = "regular", isBusy = false, asChild, icon, className, children, ...rest }: Props) {
  const all = classes(
    "inline-flex items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 disabled:opacity-55 disabled:pointer-events-none",
    size === "large" ? "min-h-12 px-5 text-base" : "min-h-11 px-4 text-sm sm:min-h-9 sm:px-3",
    LOOKS[look],
    className,
  );
  if (asChild) return <Slot.Root className={all}>{children}</Slot.Root>;
  return (
    <button type="button" {...rest} aria-busy={isBusy || undefined} disabled={isBusy || rest.disabled} className={all}>
      {isBusy ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : icon}
      {children}
    </button>
  );
}

interface IconProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does, for everybody who does not see the icon. */
  label: string;
  look?: Look;
  ref?: Ref<HTMLButtonElement>;
}

/** Something to press that shows an icon alone. */
export function IconButton({ label, look = "quiet", className, children, ...rest }: IconProps) {
  const all = classes(
    "inline-flex size-11 shrink-0 items-center justify-center rounded-md border transition-colors duration-100 sm:size-9",
    "disabled:opacity-55 disabled:pointer-events-none [&_svg]:size-4.5",
    LOOKS[look],
    className,
  );
  return (
    <button type="button" aria-label={label} title={label} {...rest} className={all}>
      {children}
    </button>
  );
}
