/** Browsers that ask for a microphone, and take a refusal back, each in its own way. */
export type BrowserKind = "chromium" | "chromium_android" | "firefox" | "safari" | "safari_ios" | "other";

/** Which browser this is. On an iPad, which calls itself a Mac, the screen takes several fingers. */
export function browserKind({ userAgent, maxTouchPoints }: Pick<Navigator, "userAgent" | "maxTouchPoints">): BrowserKind {
  const says = (word: string) => userAgent.includes(word);
  const isApple = says("iPhone") || says("iPad") || (says("Macintosh") && 1 < maxTouchPoints);
  // Every browser there is Safari below.
  if (isApple) return "safari_ios";
  if (says("Firefox/")) return "firefox";
  if (says("Chrome/")) return says("Android") ? "chromium_android" : "chromium";
  return says("Safari/") ? "safari" : "other";
}
