import { useId } from "react";

import { classes } from "./classes";

interface Props {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** Something that is on or off, and takes hold at once. */
export function Switch({ label, isOn, onChange }: Props) {
  const id = useId();
  return (
    <div className="flex min-h-11 items-center justify-between gap-4">
      <label htmlFor={id} className="flex-1 font-medium">
        {label}
      </label>
      {/* The whole height is the target; what is seen of it is smaller. */}
      <button id={id} type="button" role="switch" aria-checked={isOn} onClick={() => onChange(!isOn)} className="grid min-h-11 min-w-12 shrink-0 place-items-center rounded-md">
        <span aria-hidden className={classes("flex h-6 w-10 items-center rounded-full border px-0.5 transition-colors duration-100", isOn ? "border-transparent bg-accent" : "border-line-strong bg-sunken")}>
          <span className={classes("size-4.5 rounded-full transition-transform duration-100", isOn ? "translate-x-4 bg-on-accent rtl:-translate-x-4" : "bg-line-strong")} />
        </span>
      </button>
    </div>
  );
}
