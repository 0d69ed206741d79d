import { useEffect, useRef, type ReactNode } from "react";

interface Props {
  icon: ReactNode;
  title: string;
  text?: ReactNode;
  children?: ReactNode;
  actions: ReactNode;
}

/** The whole screen says one thing, and how to go on. */
export function NoticeScreen({ icon, title, text, children, actions }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  // What had the focus is gone; whoever does not see the screen hears the heading.
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <main className="flex flex-1 flex-col items-center justify-center gap-5 overflow-y-auto px-6 py-8 text-center">
      {icon}
      <div className="flex max-w-md flex-col gap-2">
        <h1 ref={heading} tabIndex={-1} className="text-2xl font-semibold tracking-tight text-balance outline-none">
          {title}
        </h1>
        {text && <p className="text-ink-soft text-pretty">{text}</p>}
      </div>
      {children}
      <div className="flex w-full max-w-xs flex-col gap-2 pb-[env(safe-area-inset-bottom)] sm:w-auto sm:max-w-none sm:flex-row">{actions}</div>
    </main>
  );
}
