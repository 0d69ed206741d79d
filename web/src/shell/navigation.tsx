import { ArrowLeft, Headphones, History, Users } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { strings } from "../strings";
import { classes } from "../ui/classes";
import { practises, seesTeam, useMe, type Me } from "./session";

interface Entry {
  to: string;
  name: string;
  icon: ReactNode;
}

/** The views that somebody can always go to. */
function entriesFor(me: Me): Entry[] {
  const { practice, calls, team } = strings.shell;
  const own = [
    { to: "/practice", name: practice, icon: <Headphones aria-hidden /> },
    { to: "/calls", name: calls, icon: <History aria-hidden /> },
  ];
  return [...(practises(me) ? own : []), ...(seesTeam(me) ? [{ to: "/team", name: team, icon: <Users aria-hidden /> }] : [])];
}

interface Props {
  /** The view that is shown, or in which it lies. */
  active: string;
}

/** The navigation in the head of the page, where there is room for it. */
export function HeadNavigation({ active }: Props) {
  const look = (isActive: boolean) =>
    classes(
      "flex min-h-9 items-center gap-2 rounded-md px-3 text-sm font-medium transition-colors duration-100 [&_svg]:size-4",
      isActive ? "bg-accent-soft text-accent-strong" : "text-ink-soft hover:bg-hover hover:text-ink",
    );
  return (
    <nav aria-label={strings.shell.navigation} className="hidden items-center gap-1 sm:flex">
      {entriesFor(useMe()).map(({ to, name, icon }) => (
        <Link key={to} to={to} aria-current={to === active ? "page" : undefined} className={look(to === active)}>
          {icon}
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** The navigation of phones: below, where a thumb is. */
export function FootNavigation({ active }: Props) {
  const look = (isActive: boolean) =>
    classes(
      "flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-xs font-medium [&_svg]:size-5",
      isActive ? "text-accent-strong" : "text-ink-soft",
    );
  return (
    <nav
      aria-label={strings.shell.navigation}
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-raised px-2 pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {entriesFor(useMe()).map(({ to, name, icon }) => (
        <Link key={to} to={to} aria-current={to === active ? "page" : undefined} className={look(to === active)}>
          {icon}
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** The way out of a view that lies inside another, on phones. */
export function Back({ to }: { to: string }) {
  return (
    <Link to={to} aria-label={strings.shell.back} className="-ms-2.5 inline-flex size-11 items-center justify-center rounded-md text-ink-soft sm:hidden">
      <ArrowLeft aria-hidden className="size-5 rtl:-scale-x-100" />
    </Link>
  );
}
