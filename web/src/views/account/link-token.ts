/** The token of a link that came by mail. It stands behind the number sign, where no server's log sees it. */
export function linkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/u, "")).get("token");
  return token === "" ? null : token;
}
