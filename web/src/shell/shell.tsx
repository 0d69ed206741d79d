import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, Headphones, History, Users } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Suspense, useState, type ReactNode } from "react";
import { Link, Navigate, NavLink, Outlet, useLocation } from "react-router";

import { answered, api } from "../api/client";
import { strings } from "../strings";
import { classes } from "../ui/classes";
import { Monogram } from "../ui/monogram";
import { Loading, Skeleton } from "../ui/states";
import { practises, seesTeam, SignedIn, useMaybeMe, useMe } from "./session";
import { applyTheme, storedTheme, type Theme } from "./theme";

/** The frame around every view of somebody who is signed in. */
export function Shell() {
  const me = useMaybeMe();
  const { pathname, search } = useLocation();
  if (me === null) {
    const next = pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search)}`;
    return <Navigate to={`/sign-in${next}`} replace />;
  }
  return (
    <SignedIn value={me}>
      <a href="#content" className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-3">
        {strings.shell.skip}
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-ground">
        <div className="mx-auto flex h-14 max-w-6xl items-center gap-1 px-4 sm:gap-2 sm:px-6">
          <Link to="/" className="flex min-h-11 items-center gap-2 pe-2 font-semibold tracking-tight">
            <img src="/icon.svg" alt="" className="size-6" />
            <span className="max-sm:sr-only">Ringcraft</span>
          </Link>
          <nav aria-label={strings.shell.navigation} className="flex flex-1 items-center gap-1">
            {practises(me) && (
              <Tab to="/practice" icon={<Headphones aria-hidden />}>
                {strings.shell.practice}
              </Tab>
            )}
            {practises(me) && (
              <Tab to="/calls" icon={<History aria-hidden />}>
                {strings.shell.calls}
              </Tab>
            )}
            {seesTeam(me) && (
              <Tab to="/team" icon={<Users aria-hidden />}>
                {strings.shell.team}
              </Tab>
            )}
          </nav>
          <Menu />
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-6 sm:py-8">
        <Suspense fallback={<ViewLoading />}>
          <Outlet />
        </Suspense>
      </main>
    </SignedIn>
  );
}

/** A view whose code is on its way. */
export function ViewLoading() {
  return (
    <Loading>
      <Skeleton className="mb-6 h-9 w-56" />
      <Skeleton className="h-64 w-full" />
    </Loading>
  );
}

function Tab({ to, icon, children }: { to: string; icon: ReactNode; children: ReactNode }) {
  const look = ({ isActive }: { isActive: boolean }) =>
    classes(
      "flex min-h-11 items-center gap-2 rounded-md px-2.5 text-sm font-medium transition-colors duration-100 sm:min-h-9 sm:px-3 [&_svg]:size-4",
      isActive ? "bg-accent-soft text-accent-strong" : "text-ink-soft hover:bg-hover hover:text-ink",
    );
  return (
    <NavLink to={to} className={look}>
      <span className="max-[420px]:hidden">{icon}</span>
      {children}
    </NavLink>
  );
}

function Menu() {
  const me = useMe();
  const queries = useQueryClient();
  const [theme, setTheme] = useState(storedTheme);
  const choose = (chosen: string) => {
    setTheme(chosen as Theme);
    applyTheme(chosen as Theme);
  };
  const signOut = async () => {
    await answered(api.POST("/api/auth/logout"));
    queries.clear();
    location.assign("/sign-in");
  };
  const item =
    "flex min-h-11 items-center rounded-sm px-3 text-sm outline-none select-none data-highlighted:bg-hover sm:min-h-9";
  const themes: [Theme, string][] = [
    ["system", strings.shell.theme.system],
    ["light", strings.shell.theme.light],
    ["dark", strings.shell.theme.dark],
  ];
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger aria-label={strings.shell.menu(me.name)} className="flex min-h-11 items-center gap-1 rounded-md ps-1 pe-1 hover:bg-hover">
        <Monogram name={me.name} of="rep" className="size-8" />
        <ChevronDown aria-hidden className="size-4 text-ink-faint" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className="z-50 min-w-56 rounded-md border border-line bg-raised p-1 shadow-raised">
          <div className="px-3 py-2">
            <div className="text-sm font-medium">{me.name}</div>
            <div className="text-xs text-ink-soft">{me.org.name}</div>
          </div>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item asChild className={item}>
            <Link to="/account">{strings.shell.account}</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Label className="px-3 py-1 text-xs text-ink-faint">{strings.shell.theme.label}</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={theme} onValueChange={choose}>
            {themes.map(([value, name]) => (
              <DropdownMenu.RadioItem key={value} value={value} className={classes(item, "justify-between gap-4")}>
                {name}
                <DropdownMenu.ItemIndicator>✓</DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item className={item} onSelect={() => void signOut()}>
            {strings.shell.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
