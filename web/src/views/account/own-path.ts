const SOME_ORIGIN = "https://page.invalid";

/** Views that somebody who just signed in has no business with. */
const BEFORE_SIGN_IN = new Set(["/sign-in", "/setup", "/invitation", "/reset-password"]);

/** Where to go after sign-in: an address of this page and of no other site, else home. */
export function ownPath(next: string | null): string {
  if (next === null || !URL.canParse(next, SOME_ORIGIN)) return "/";
  const { origin, pathname, search, hash } = new URL(next, SOME_ORIGIN);
  // A path that begins with two slashes is read as a host by whoever resolves it next.
  const isOwn = next.startsWith("/") && origin === SOME_ORIGIN && !pathname.startsWith("//");
  return isOwn && !BEFORE_SIGN_IN.has(pathname) ? pathname + search + hash : "/";
}
