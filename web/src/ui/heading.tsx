import { useEffect, type ReactNode } from "react";

interface Props {
  title: string;
  children?: ReactNode;
  /** Buttons beside it. */
  actions?: ReactNode;
}

/** The head of a view. It names the browser's tab as well. */
export function PageHeading({ title, children, actions }: Props) {
  useTitle(title);
  return (
    <div className="flex flex-wrap items-end justify-between gap-3">
      <div className="flex flex-col gap-1">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {children && <div className="text-ink-soft">{children}</div>}
      </div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

/** Names the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Ringcraft`;
  }, [title]);
}
