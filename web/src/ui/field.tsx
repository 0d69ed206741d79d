import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes } from "react";

import { classes } from "./classes";

const BOX =
  "w-full min-h-11 sm:min-h-9 rounded-md border border-line-strong bg-surface px-3 text-base sm:text-sm text-ink " +
  "placeholder:text-ink-faint aria-invalid:border-bad";

interface Labelled {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  isLabelHidden?: boolean;
}

function Frame({ id, label, hint, error, isLabelHidden, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      {children}
      {hint && !error && (
        <p id={`${id}-hint`} className="text-sm text-ink-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

const describedBy = (id: string, { hint, error }: Labelled) =>
  error ? `${id}-error` : hint ? `${id}-hint` : undefined;

/** A line of text to fill in, with its label. */
export function TextField({ label, hint, error, isLabelHidden, className, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  const own = useId();
  const id = rest.id ?? own;
  const labelled: Labelled = { label, hint, error, ...(isLabelHidden === undefined ? {} : { isLabelHidden }) };
  return (
    <Frame id={id} {...labelled}>
      <input {...rest} id={id} aria-invalid={error ? true : undefined} aria-describedby={describedBy(id, labelled)} className={classes(BOX, className)} />
    </Frame>
  );
}

/** A choice of a few, with its label. The browser's own list: it works with every keyboard, reader and phone. */
export function SelectField({ label, hint, error, isLabelHidden, className, children, ...rest }: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const own = useId();
  const id = rest.id ?? own;
  const labelled: Labelled = { label, hint, error, ...(isLabelHidden === undefined ? {} : { isLabelHidden }) };
  return (
    <Frame id={id} {...labelled}>
      <select {...rest} id={id} aria-invalid={error ? true : undefined} aria-describedby={describedBy(id, labelled)} className={classes(BOX, "pe-8", className)}>
        {children}
      </select>
    </Frame>
  );
}
