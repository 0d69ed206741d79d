import { Malformed } from "./reading";

/** The media type of candidates that are sent after the offer, and of a restart. */
export const FRAGMENT_TYPE = "application/trickle-ice-sdpfrag";

const HEAD = ["a=group:BUNDLE", "m=", "a=mid:", "a=ice-ufrag:", "a=ice-pwd:"];

/** What the server needs to know of our ICE: the head of our description, and candidates as the browser names them. */
export function fragmentOf(sdp: string, candidates: readonly string[], isComplete: boolean): string {
  const lines = linesOf(sdp);
  const head = HEAD.flatMap((prefix) => lines.find((line) => line.startsWith(prefix)) ?? []);
  const tail = isComplete ? ["a=end-of-candidates"] : [];
  return textOf(["a=ice-options:trickle", ...head, ...candidates.map((candidate) => `a=${candidate}`), ...tail]);
}

/** The candidates in a description, as the browser names them; each once. */
export function candidatesOf(sdp: string): string[] {
  const all = linesOf(sdp).filter(isCandidate);
  return [...new Set(all)].map((line) => line.slice("a=".length));
}

/** The answer of before, with the ICE of a fragment in the place of its own. Throws `Malformed` where that names none. */
export function withIceOf(answer: string, fragment: string): string {
  const given = linesOf(fragment);
  const ufrag = given.find((line) => line.startsWith("a=ice-ufrag:"));
  const pwd = given.find((line) => line.startsWith("a=ice-pwd:"));
  if (ufrag === undefined || pwd === undefined) throw new Malformed("a fragment without ICE");
  const candidates = [...given.filter(isCandidate), "a=end-of-candidates"];
  let isPlaced = false;
  const lines = linesOf(answer).flatMap((line) => {
    if (isCandidate(line) || line === "a=end-of-candidates") return [];
    if (line.startsWith("a=ice-ufrag:")) return [ufrag];
    if (line.startsWith("a=ice-pwd:")) return [pwd];
    if (!line.startsWith("a=mid:") || isPlaced) return [line];
    // The sections are bundled, so the first one's candidates are those of all.
    isPlaced = true;
    return [line, ...candidates];
  });
  return textOf(lines);
}

/** Leaves out the ways over UDP. */
export function withoutUdp(sdp: string): string {
  return textOf(linesOf(sdp).filter((line) => !isUdp(line)));
}

const linesOf = (sdp: string): string[] => sdp.split(/\r?\n/u).filter((line) => line !== "");
const textOf = (lines: string[]): string => [...lines, ""].join("\r\n");
const isCandidate = (line: string): boolean => line.startsWith("a=candidate:");
const isUdp = (line: string): boolean => /^a=candidate:\S+ \d+ udp /iu.test(line);
