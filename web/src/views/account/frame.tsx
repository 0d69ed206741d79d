import type { ReactNode } from "react";

import { useTitle } from "../../ui/heading";

interface Props {
  title: string;
  text?: ReactNode;
  children: ReactNode;
  /** Another way to go, below. */
  footer?: ReactNode;
}

/** The page around one form, for people who are not signed in. */
export function Frame({ title, text, children, footer }: Props) {
  useTitle(title);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-start px-4 py-8 sm:justify-center sm:px-6">
      <div className="mb-6 flex items-center gap-2 font-semibold tracking-tight sm:justify-center">
        <img src="/icon.svg" alt="" className="size-7" />
        Ringcraft
      </div>
      <div className="flex flex-col gap-5 rounded-lg border border-line bg-surface p-5 sm:p-7">
        <div className="flex flex-col gap-1">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {text && <p className="text-sm text-ink-soft">{text}</p>}
        </div>
        {children}
      </div>
      {footer && <div className="mt-4 text-center text-sm text-ink-soft">{footer}</div>}
    </main>
  );
}

/** A link in a line of text; as high as a finger where it stands alone. */
export const LINK = "inline-flex min-h-11 items-center rounded-sm font-medium text-accent-strong underline-offset-4 hover:underline sm:min-h-6";
