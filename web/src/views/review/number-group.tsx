import type { ReactNode } from "react";

/** A part of the numbers with its title. */
export function NumberGroup({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-1">
      <h2 className="px-2 text-xs font-semibold text-ink-soft">{title}</h2>
      <div className="divide-y divide-line rounded-md border border-line bg-surface">{children}</div>
    </section>
  );
}
