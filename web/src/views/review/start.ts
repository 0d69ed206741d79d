/** The moment that an address names: `?t=83.4` is 83.4 s. Null where it names none of the call. */
export function startOf(search: URLSearchParams, durationMs: number): number | null {
  const named = search.get("t");
  if (named === null || !/^\d+(\.\d+)?$/u.test(named)) return null;
  const ms = Math.round(Number(named) * 1000);
  return ms < durationMs ? ms : null;
}
