export const common = {
  retry: "Try again",
  cancel: "Cancel",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  loading: "Loading",
  unreachable: "The server cannot be reached. Check your connection, then try again.",
  failed: "This could not be loaded",
  /** Those that most scenarios are in; the browser knows the others, and is slow to say. */
  languages: { "en-US": "American English", "en-GB": "British English" } as Partial<Record<string, string>>,
  notFound: { title: "Nothing is here", text: "The page does not exist, or it is not yours to see.", action: "Go to practice" },
  broken: { title: "The page ran into a fault", text: "Load it again. If it happens again, tell your admin what you did.", action: "Load again" },
};
