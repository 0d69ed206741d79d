import { useQuery } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { Link, Navigate, Outlet, useLocation } from "react-router";

import { meQuery } from "../api/queries";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { classes } from "../ui/classes";
import { useTitle } from "../ui/heading";
import { Notice } from "../ui/notice";
import { Empty, Failed, Loading, Skeleton, tell } from "../ui/states";
import { useArrival } from "./arrival";
import { useConnection, type Connection } from "./connection";
import { Menu } from "./menu";
import { Back, FootNavigation, HeadNavigation } from "./navigation";
import { isFor, placeOf } from "./places";
import { SignedIn, type Me } from "./session";
import { useSignOut } from "./sign-out";

/** Lets in who is signed in, and shows sign-in to everybody else. */
export function Shell() {
  const { pathname, search, hash } = useLocation();
  const connection = useConnection();
  const { data: me, error, refetch } = useQuery(meQuery);
  const [last, setLast] = useState<Me | null>(null);
  if (me && me !== last) setLast(me);
  if (me === undefined) {
    return <main className="mx-auto max-w-xl p-6">{error === null ? <ViewLoading /> : <Failed error={error} onRetry={() => void refetch()} />}</main>;
  }
  // A call has a token of its own: it goes on when the session ends, and sign-in waits until it is over.
  const shown = me ?? (last !== null && placeOf(pathname, last).kind === "call" ? last : null);
  if (shown === null) {
    const next = pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search + hash)}`;
    return <Navigate to={`/sign-in${next}`} replace />;
  }
  return (
    <SignedIn value={shown}>
      <Frame me={shown} connection={connection}>
        {isFor(pathname, shown) ? <Outlet /> : <NotForYou />}
      </Frame>
    </SignedIn>
  );
}

/**
 * The frame around every view. On phones the navigation is below and only the views that it names have it; a call has no
 * head either.
 */
function Frame({ me, connection, children }: { me: Me; connection: Connection; children: ReactNode }) {
  const content = useRef<HTMLElement>(null);
  const { pathname, search } = useLocation();
  const signingOut = useSignOut();
  const [from, setFrom] = useState<string | null>(null);
  const place = placeOf(pathname, me, from);
  if (place.kind === "top" && from !== pathname + search) setFrom(pathname + search);
  const active = place.kind === "inside" ? (place.parent.split("?")[0] ?? "") : place.kind === "call" ? "/practice" : pathname;
  useArrival(content);
  return (
    <>
      <a href="#content" className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-3">
        {strings.shell.skip}
      </a>
      <header className={classes("sticky top-0 z-30 border-b border-line bg-ground", place.kind === "call" && "max-sm:hidden")}>
        <div className="mx-auto flex h-14 max-w-6xl items-center gap-2 px-4 sm:px-6">
          {place.kind === "inside" && <Back to={place.parent} />}
          <Link to="/" className="flex min-h-11 items-center gap-2 pe-2 font-semibold tracking-tight">
            <img src="/icon.svg" alt="" className="size-6" />
            Ringcraft
          </Link>
          <div className="flex-1">
            <HeadNavigation active={active} />
          </div>
          <Menu onSignOut={() => signingOut.mutate()} />
        </div>
      </header>
      <Banner connection={connection} />
      <main
        id="content"
        ref={content}
        tabIndex={-1}
        className={classes(
          "mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-6 sm:py-8 [&_h1]:outline-none",
          place.kind === "top" && "max-sm:pb-[calc(5.5rem+env(safe-area-inset-bottom))]",
        )}
      >
        {signingOut.isError && (
          <div className="mb-4">
            <Notice tone="bad">{strings.shell.stillIn(tell(signingOut.error))}</Notice>
          </div>
        )}
        {children}
      </main>
      {place.kind === "top" && <FootNavigation active={active} />}
    </>
  );
}

/** Says that what is shown may be old. */
function Banner({ connection }: { connection: Connection }) {
  const { offline, unreachable } = strings.shell;
  const text = { connected: null, offline, unreachable }[connection];
  return (
    <div role="status" className="sticky top-14 z-20">
      {text !== null && (
        <div className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-sm text-warn">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          {text}
        </div>
      )}
    </div>
  );
}

/** A view that somebody's role has no part in. */
function NotForYou() {
  const { title, text, action } = strings.shell.notForYou;
  useTitle(title);
  const home = (
    <Button asChild>
      <Link to="/">{action}</Link>
    </Button>
  );
  return (
    <Empty heading="h1" title={title} action={home}>
      {text}
    </Empty>
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
