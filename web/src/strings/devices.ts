import type { BrowserKind } from "../audio/browser";
import type { MicrophoneFault } from "../audio/devices";

/** What is wrong with a microphone, and what to do about it. */
interface FaultWords {
  title: string;
  text: string;
}

const ALLOW: Record<BrowserKind, string> = {
  chromium: "Press the icon at the start of the address bar, switch the microphone on for this page, then try again.",
  chromium_android: "Tap the icon at the start of the address bar, then Permissions, and allow the microphone. Then try again.",
  firefox: "Press the crossed-out microphone in the address bar, take the block away, then try again.",
  safari: "In the Safari menu choose Settings for this website, set Microphone to Allow, then try again.",
  safari_ios: "Tap the page menu in the address bar, then Website Settings, and set Microphone to Allow. Then try again.",
  other: "Allow the microphone for this page in your browser's settings, then try again.",
};

const FAULTS: Record<Exclude<MicrophoneFault, "refused">, FaultWords> = {
  dismissed: { title: "The browser's question was closed", text: "Try again, and choose Allow when the browser asks." },
  refused_by_system: {
    title: "Your system keeps the browser from the microphone",
    text: "Open the privacy settings of your system, allow the microphone for this browser, and start the browser again.",
  },
  forbidden: {
    title: "The microphone is forbidden here",
    text: "A rule of this page or of your computer forbids it. Ask whoever looks after your computer.",
  },
  insecure: {
    title: "This address has no microphone",
    text: "Browsers give a microphone to secure addresses alone. Open this page with https:// in front, or ask your admin for that address.",
  },
  missing: { title: "No microphone was found", text: "Plug one in or switch your headset on, then try again." },
  in_use: { title: "Something else is using the microphone", text: "Close other calls and programs that record, then try again." },
  other: { title: "The microphone did not start", text: "Plug it out and in again, or choose another, then try again." },
};

/** Sentences about microphones and speakers, before a call and in it. */
export const devices = {
  fault: (fault: MicrophoneFault, browser: BrowserKind): FaultWords =>
    fault === "refused" ? { title: "The microphone is not allowed", text: ALLOW[browser] } : FAULTS[fault],
  gone: { title: "The microphone is gone", text: "It was unplugged or switched off. Plug it in again, or choose another." },
  muted: "Your system or headset has muted the microphone. Switch it on there.",
  echo: (name: string) => `Your browser does not cancel echo for this microphone, so ${name} may hear their own voice. A headset helps.`,
  replaced: (label: string) => `The one you chose is not connected. This is ${label}.`,
};
