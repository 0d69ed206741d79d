import type { Aim } from "../call/coaching-aims";
import type { HintKind } from "../call/coaching-hints";
import type { Doing, Fault, MicrophoneNotice } from "../call/state";
import type { MicrophoneFault } from "../audio/devices";
import type { Protocol, Why } from "../call/ladder";

const microphoneFaults: Record<MicrophoneFault, string> = {
  refused: "Your browser may not use the microphone. Allow it with the icon beside the address, then try again.",
  dismissed: "The browser's question about the microphone was closed. Try again, and choose Allow.",
  refused_by_system: "Your system keeps the browser from the microphone. Allow it in the privacy settings of your system, then try again.",
  forbidden: "Your organisation forbids microphones on this page. Ask your admin, or type instead.",
  insecure: "Browsers give a microphone to secure addresses alone. Open this page by its https:// address, or type instead.",
  missing: "No microphone was found. Plug one in and try again, or type instead.",
  in_use: "Another program uses the microphone. Close it and try again.",
  other: "The microphone could not be opened. Try again, or choose another one in your system.",
};

type OtherFault = Exclude<Fault["what"], "microphone" | "refused">;

const faults: Record<OtherFault, { title: string; text: string }> = {
  signed_out: { title: "You are signed out", text: "Sign in again, then start the call." },
  expired: { title: "The call can no longer be joined", text: "Its key has expired. Start a new call." },
  forbidden: { title: "You cannot start calls", text: "Your role does not practise. Ask your admin if that is wrong." },
  unknown_scenario: { title: "This scenario is gone", text: "It was removed, or it is not yours to practise." },
  unknown_call: { title: "The call is gone", text: "The server no longer knows it. Start a new one." },
  taken: { title: "The call is open somewhere else", text: "Another browser or device is connected to it. End it there, or try again here." },
  busy: { title: "All lines are busy", text: "The server takes no more calls right now. Try again in a minute." },
  unreachable: { title: "The server does not answer", text: "Check your connection. If others cannot reach it either, the server is down." },
  no_way: {
    title: "No way through your network",
    text: "UDP, TCP and WebSocket were tried, and your network lets none of them through. Try another network, or ask your admin.",
  },
};

const ends: Record<string, (name: string) => string> = {
  rep_hung_up: () => "You ended the call",
  buyer_hung_up: (name) => `${name} hung up`,
  completed: () => "The call came to its end",
  rep_silent: () => "The call ended: nothing was heard from you",
  rep_lost: () => "The call ended: your connection was gone for too long",
  time_limit: () => "The call ended: it reached the longest time allowed",
  vendor_lost: () => "The call ended: a part of the server failed. It was not you",
  server_drain: () => "The call ended: the server was shut down",
  server_lost: () => "The call ended: the server stopped. What was said until then is kept",
  never_connected: () => "The call was never connected",
};

const doing: Record<Doing, (name: string) => string> = {
  listening: (name) => `${name} is listening`,
  thinking: (name) => `${name} is thinking`,
  speaking: (name) => `${name} is speaking`,
  waiting: (name) => `${name} waits for you`,
};

const protocols: Record<Protocol, string> = { udp: "Direct", tcp: "Over TCP", websocket: "Over WebSocket" };

const explained: Record<Protocol, string> = {
  udp: "The call runs over WebRTC and UDP, the fastest way there is.",
  tcp: "Your network blocks UDP, so the call runs over TCP; it may lag a little.",
  websocket: "Your network blocks WebRTC, so the call runs over a WebSocket; it may lag a little. A headset helps against echo.",
};

/** A time on a strip: "35 s", "1:05 min". */
const short = (seconds: number): string => (seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`);

/** A time as one says it, in steps of 5 s where it is long. */
function spoken(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const told = seconds < 15 ? seconds : seconds - (seconds % 5);
  return told < 120 ? `${told} seconds` : `${Math.floor(told / 60)} minutes`;
}

const hints: Record<HintKind, (value: number, name: string) => string> = {
  monologue: (ms) => `You have been talking for ${spoken(ms)}. Ask a question.`,
  silence: (ms) => `It has been quiet for ${spoken(ms)}. It is your turn.`,
  share: (share, name) => `You have done ${Math.round(100 * share)} % of the talking. Let ${name} talk.`,
  little: (share) => `You have done ${Math.round(100 * share)} % of the talking. Say a little more.`,
  fast: (wpm) => `You speak about ${5 * Math.round(wpm / 5)} words a minute. Slow down a little.`,
  slow: (wpm) => `You speak about ${5 * Math.round(wpm / 5)} words a minute. Go a little faster.`,
};

/** Where a number should lie, and who says so. */
function aimed({ min, max, isUsual }: Aim, write: (value: number) => string, unit: string): string | null {
  const whose = isUsual ? "The usual aim" : "The aim of this scenario";
  if (min !== null && max !== null) return `${whose}: ${write(min)} to ${write(max)} ${unit}.`;
  if (max !== null) return `${whose}: at most ${write(max)} ${unit}.`;
  return min === null ? null : `${whose}: at least ${write(min)} ${unit}.`;
}

export const call = {
  title: (name: string) => `Call with ${name}`,
  opening: "Getting your microphone ready",
  connecting: (name: string) => `Calling ${name}`,
  anotherWay: "Trying another way through your network",
  reconnecting: "Reconnecting",
  serverAway: "The server does not answer. Trying again",
  ending: "Ending the call",
  doing: (what: Doing, name: string) => doing[what](name),
  held: (name: string) => `Nothing is heard from you. ${name} waits`,
  you: "You",
  duration: "Time in the call",
  mute: "Mute",
  unmute: "Unmute",
  muted: "You are muted",
  captions: "Captions",
  captionsLog: "What was said",
  noCaptions: "What is said appears here.",
  latest: "Latest",
  cutOff: "cut off",
  typed: "typed",
  notHeard: "not heard:",
  type: "Type",
  typeLabel: "Type a turn",
  typePlaceholder: "Type what you would say",
  send: "Send",
  cannotType: "This server does not take typed turns yet. Speak instead.",
  devices: "Devices",
  devicesText: "A change takes hold at once, in the middle of the call.",
  microphone: "Microphone",
  speaker: "Speaker",
  systemSpeaker: "Your browser uses the speaker that your system has chosen.",
  end: "End",
  endTitle: "End the call?",
  endText: (name: string) => `${name} hears you hang up, and the call is scored as it is.`,
  endStay: "Keep talking",
  endNow: "End the call",
  keys: "Space mutes, C shows captions, T types.",
  hear: "Tap to hear",
  hearText: (name: string) => `Your browser plays no sound before you tap. Tap to hear ${name}.`,
  offline: "You are offline. The call waits for up to 30 s.",
  noSpeaker: "No speaker was found. Plug in a headset to hear the call; captions go on.",
  listeners: (names: string) => `${names} is listening in`,
  manyListeners: (names: string) => `${names} are listening in`,
  coaching: {
    title: "Coaching",
    menu: (isOn: boolean) => `Coaching: ${isOn ? "on" : "off"}`,
    show: "Show numbers and hints",
    estimates: "Estimates, made while you talk. The review has the exact numbers.",
    share: "Talk share",
    shareMeans: "Your talk, divided by the talk of both sides added up.",
    shareAim: (aim: Aim) => aimed(aim, (share) => `${Math.round(100 * share)}`, "%"),
    percent: (percent: number) => `You ${percent} %`,
    shareOf: (name: string, percent: number) => `${name} ${percent} %`,
    pace: "Pace",
    paceMeans: "Your words a minute, over the last 30 s in which you talked.",
    paceAim: (aim: Aim) => aimed(aim, (wpm) => `${wpm}`, "words a minute"),
    perMinute: "/min",
    wordsPerMinute: "words a minute",
    now: "Now",
    nowMeans: "How long you have been talking since the buyer spoke, or how long nobody has.",
    monologueAim: (aim: Aim) => aimed(aim, (ms) => `${Math.round(ms / 1000)}`, "s at a stretch"),
    nowOf: (who: "rep" | "nobody", seconds: number) => `${who === "rep" ? "You" : "Quiet"} ${short(seconds)}`,
    unknown: "Not enough speech yet",
    hint: (kind: HintKind, value: number, name: string) => hints[kind](value, name),
    dismiss: "Not again in this call",
  },
  connection: {
    label: (name: string) => `Connection: ${name}`,
    name: (protocol: Protocol) => protocols[protocol],
    text: (protocol: Protocol, why: Why | null) => (why === "no_webrtc" ? "Your browser has no WebRTC, so the call runs over a WebSocket; it may lag a little." : explained[protocol]),
    roundTrip: (ms: number) => `A round trip takes ${ms} ms.`,
  },
  microphoneFault: (fault: MicrophoneFault) => microphoneFaults[fault],
  microphoneNotice: (notice: MicrophoneNotice) => {
    switch (notice.what) {
      case "muted_by_system":
        return "Your system or headset has muted the microphone. Switch it on there.";
      case "replaced":
        return `Your microphone was taken away. Now ${notice.label === "" ? "another one" : notice.label} listens.`;
      case "not_opened":
        return `That microphone could not be opened; the one before goes on.`;
      case "lost":
        return "Your microphone was taken away, and no other was found. Plug one in, or type.";
    }
  },
  fault: (fault: Fault): { title: string; text: string } => {
    if (fault.what === "microphone") return { title: "No microphone", text: microphoneFaults[fault.fault] };
    if (fault.what === "refused") return { title: "The call could not be opened", text: fault.message };
    return faults[fault.what];
  },
  typeInstead: "Type instead",
  toPractice: "Go to practice",
  signIn: "Sign in",
  elsewhere: {
    title: "You are in a call in another tab",
    text: "One call at a time. Go on with it here, or go back to that tab.",
    action: "Continue here",
  },
  taken: {
    title: "The call moved to another tab",
    text: "It goes on there.",
    action: "Take it back",
  },
  over: {
    how: (reason: string, name: string) => ends[reason]?.(name) ?? "The call is over",
    length: (clock: string) => `It took ${clock}.`,
    words: (name: string) => `The last words of ${name}`,
    review: "See what happened",
    moving: (seconds: number) => `Opening in ${seconds} s`,
    stay: "Stay here",
    again: "Practise again",
  },
};
