import type { EchoCancellation } from "../protocol/messages";
import { Scope, ScopeEnded } from "../scope";

/** Why there is no sound from a microphone. */
export type MicrophoneFault =
  /** The person said no, now or earlier. */
  | "refused"
  /** The question was closed without an answer; it can be asked again. */
  | "dismissed"
  /** The operating system keeps the browser away from microphones. */
  | "refused_by_system"
  /** The page, or whoever runs this machine, forbids it. */
  | "forbidden"
  /** Plain HTTP: browsers give such pages no microphone. */
  | "insecure"
  | "missing"
  | "in_use"
  | "other";

/** There is no microphone. */
export class MicrophoneError extends Error {
  readonly fault: MicrophoneFault;

  constructor(fault: MicrophoneFault, cause?: unknown) {
    super(`the microphone cannot be used: ${fault}`, { cause });
    this.name = "MicrophoneError";
    this.fault = fault;
  }
}

/** A device as people know it. */
export interface Device {
  id: string;
  label: string;
}

/** What can be chosen. Both are empty until the browser may name them. */
export interface Devices {
  microphones: Device[];
  speakers: Device[];
}

/** What happens to an open microphone. */
export type MicrophoneEvent =
  /** No sound comes, and may come again: the system, or a switch on the headset, muted it. */
  | "muted"
  | "unmuted"
  /** It is gone for good: unplugged, or no longer allowed. */
  | "ended";

/** A microphone that listens until its scope ends. */
export interface Microphone {
  device: Device;
  track: MediaStreamTrack;
  stream: MediaStream;
  echoCancellation: EchoCancellation;
  /** The one asked for was not there, and this is what the browser took in its place. */
  isReplacement: boolean;
}

interface MicrophoneOptions {
  deviceId?: string | undefined;
}

/** A voice, as calls want it. */
const VOICE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

/**
 * Opens the microphone that is asked for; the browser's own choice where that is not there, or none is asked for. Throws
 * `MicrophoneError`, and `ScopeEnded` when nobody wants it any more.
 */
export async function openMicrophone(scope: Scope, { deviceId }: MicrophoneOptions = {}): Promise<Microphone> {
  if (!hasMicrophones()) throw new MicrophoneError(isSecureContext ? "other" : "insecure");
  const { stream, isReplacement } = await ask(deviceId);
  const tracks = stream.getAudioTracks();
  for (const track of tracks) scope.track(track);
  if (scope.isOver) throw new ScopeEnded();
  const [track] = tracks;
  if (track === undefined) throw new MicrophoneError("missing");
  const id = track.getSettings().deviceId ?? deviceId ?? "";
  return { device: { id, label: track.label }, track, stream, echoCancellation: echoCancellationOf(track), isReplacement };
}

/** What the browser makes of a track's echo. Some do not tell, and those that know more than one way name it. */
export function echoCancellationOf(track: Pick<MediaStreamTrack, "getSettings">): EchoCancellation {
  const { echoCancellation } = track.getSettings() as { echoCancellation?: boolean | string };
  if (echoCancellation === undefined) return "unknown";
  return echoCancellation === false ? "off" : "on";
}

/** Tells what happens to a microphone. */
export function watchMicrophone(scope: Scope, { track }: Microphone, listener: (event: MicrophoneEvent) => void): void {
  scope.on(track, "mute", () => listener("muted"));
  scope.on(track, "unmute", () => listener("unmuted"));
  scope.on(track, "ended", () => listener("ended"));
}

/** Whether the person has to be asked. Some browsers do not tell. */
export async function microphonePermission(): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state;
  } catch {
    return "unknown";
  }
}

/** What there is to choose from now. */
export async function listDevices(): Promise<Devices> {
  if (!hasMicrophones()) return { microphones: [], speakers: [] };
  return sortDevices(await navigator.mediaDevices.enumerateDevices());
}

/** Tells whenever a device was plugged in or out. */
export function watchDevices(scope: Scope, listener: (devices: Devices) => void): void {
  if (!hasMicrophones()) return;
  scope.on(navigator.mediaDevices, "devicechange", () => {
    void listDevices().then((devices) => {
      if (!scope.isOver) listener(devices);
    });
  });
}

/** The devices that people know apart. */
export function sortDevices(all: readonly Pick<MediaDeviceInfo, "deviceId" | "kind" | "label">[]): Devices {
  const of = (kind: MediaDeviceKind) =>
    all
      // Windows lists one device again as the one for communications. Before they may be named, ids are empty.
      .filter((device) => device.kind === kind && device.deviceId !== "communications" && device.deviceId !== "")
      .filter((device) => device.label !== "")
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { microphones: of("audioinput"), speakers: of("audiooutput") };
}

/** Whether the page may choose the speaker. Where not, the system's is used. */
export const canChooseSpeaker = (): boolean => "setSinkId" in HTMLMediaElement.prototype;

interface Sink {
  setSinkId?: (id: string) => Promise<void>;
}

/** Plays through a speaker. False where the browser cannot, or the speaker is not there: then it is the system's. */
export async function setSpeaker(target: HTMLMediaElement | AudioContext, id: string): Promise<boolean> {
  const sink = target as Sink;
  if (sink.setSinkId === undefined) return false;
  try {
    // The system's own speaker has the empty name; lists call it so.
    await sink.setSinkId(id === "default" ? "" : id);
    return true;
  } catch {
    return false;
  }
}

/** What an error of the browser means. `forbids` says whether the page's policy does. */
export function faultOf(error: unknown, forbids: boolean): MicrophoneFault {
  if (!(error instanceof Error || error instanceof DOMException)) return "other";
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      if (forbids || error.name === "SecurityError") return "forbidden";
      // The words of Chromium; other browsers do not tell the three apart.
      if (/dismissed/iu.test(error.message)) return "dismissed";
      return /by system/iu.test(error.message) ? "refused_by_system" : "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
      return "in_use";
    default:
      return "other";
  }
}

// The types say that they are always there; plain HTTP has none.
const hasMicrophones = () => (navigator as Partial<Navigator>).mediaDevices !== undefined;

async function ask(deviceId: string | undefined): Promise<{ stream: MediaStream; isReplacement: boolean }> {
  try {
    return { stream: await open(deviceId), isReplacement: false };
  } catch (error) {
    const isGone = error instanceof MicrophoneError && error.fault === "missing" && deviceId !== undefined;
    if (!isGone) throw error;
    return { stream: await open(undefined), isReplacement: true };
  }
}

async function open(deviceId: string | undefined): Promise<MediaStream> {
  const audio = deviceId === undefined ? VOICE : { ...VOICE, deviceId: { exact: deviceId } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new MicrophoneError(faultOf(error, isForbidden()), error);
  }
}

interface Policy {
  allowsFeature: (name: string) => boolean;
}

/** Whether the page's policy forbids microphones, where the browser tells. */
function isForbidden(): boolean {
  const { featurePolicy } = document as Document & { featurePolicy?: Policy };
  return featurePolicy?.allowsFeature("microphone") === false;
}
