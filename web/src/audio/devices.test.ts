import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Scope, ScopeEnded } from "../scope";
import { echoCancellationOf, faultOf, listDevices, MicrophoneError, openMicrophone, setSpeaker, sortDevices, watchDevices, watchMicrophone } from "./devices";

/** A track that can be muted and stopped, as browsers do. */
class Track extends EventTarget {
  label: string;
  isStopped = false;
  readonly #id: string;

  constructor(id: string) {
    super();
    this.#id = id;
    this.label = `Microphone ${id}`;
  }

  stop() {
    this.isStopped = true;
  }

  getSettings() {
    return { deviceId: this.#id };
  }
}

const device = (kind: MediaDeviceKind, deviceId: string, label: string) => ({ kind, deviceId, label });

class Browser extends EventTarget {
  tracks: Track[] = [];
  asked: MediaStreamConstraints[] = [];
  present = ["built-in", "headset"];
  fails: Error | null = null;

  async getUserMedia(constraints: MediaStreamConstraints) {
    this.asked.push(constraints);
    await Promise.resolve();
    if (this.fails) throw this.fails;
    const audio = constraints.audio as { deviceId?: { exact: string } };
    const id = audio.deviceId?.exact ?? "built-in";
    if (!this.present.includes(id)) throw new DOMException("", "OverconstrainedError");
    const track = new Track(id);
    this.tracks.push(track);
    return { getAudioTracks: () => [track] };
  }

  enumerateDevices() {
    return Promise.resolve(this.present.map((id) => device("audioinput", id, `Microphone ${id}`)));
  }
}

let browser: Browser;

beforeEach(() => {
  browser = new Browser();
  vi.stubGlobal("navigator", { mediaDevices: browser });
  vi.stubGlobal("document", {});
  vi.stubGlobal("isSecureContext", true);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function faultOfOpening(): Promise<string> {
  const error: unknown = await openMicrophone(new Scope()).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof MicrophoneError)) throw new Error(`no fault, but ${String(error)}`);
  return error.fault;
}

describe("a microphone", () => {
  it("is opened as calls want it, and let go with its scope", async () => {
    const scope = new Scope();
    const microphone = await openMicrophone(scope, { deviceId: "headset" });
    expect(microphone.device).toEqual({ id: "headset", label: "Microphone headset" });
    expect(microphone.isReplacement).toBe(false);
    expect(browser.asked[0]?.audio).toMatchObject({
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      deviceId: { exact: "headset" },
    });
    expect(browser.tracks[0]?.isStopped).toBe(false);
    scope.end();
    expect(browser.tracks[0]?.isStopped).toBe(true);
  });

  it.each([
    [true, "on"],
    [false, "off"],
    [undefined, "unknown"],
    // Browsers that cancel in more than one way name the way.
    ["all", "on"],
    ["remote-only", "on"],
  ])("whose track says %s of its echo", (echoCancellation, expected) => {
    const settings = echoCancellation === undefined ? {} : { echoCancellation };
    expect(echoCancellationOf({ getSettings: () => settings as MediaTrackSettings })).toBe(expected);
  });

  it("tells of its echo when it is opened", async () => {
    const microphone = await openMicrophone(new Scope());
    expect(microphone.echoCancellation).toBe("unknown");
  });

  it("is the browser's choice when the one of last time is not there", async () => {
    const microphone = await openMicrophone(new Scope(), { deviceId: "left at the office" });
    expect(microphone.device.id).toBe("built-in");
    expect(microphone.isReplacement).toBe(true);
  });

  it("is let go at once when nobody waits for it any more", async () => {
    const scope = new Scope();
    const opening = openMicrophone(scope);
    scope.end();
    await expect(opening).rejects.toBeInstanceOf(ScopeEnded);
    expect(browser.tracks[0]?.isStopped).toBe(true);
  });

  it("tells when it falls silent, comes back and is gone", async () => {
    const scope = new Scope();
    const microphone = await openMicrophone(scope);
    const told: string[] = [];
    watchMicrophone(scope, microphone, (event) => told.push(event));
    for (const type of ["mute", "unmute", "ended"]) browser.tracks[0]?.dispatchEvent(new Event(type));
    expect(told).toEqual(["muted", "unmuted", "ended"]);
  });

  it("is missing when there is none, and not asked for twice", async () => {
    browser.fails = new DOMException("", "NotFoundError");
    expect(await faultOfOpening()).toBe("missing");
    expect(browser.asked).toHaveLength(1);
  });

  it("cannot be had over plain HTTP", async () => {
    vi.stubGlobal("navigator", {});
    vi.stubGlobal("isSecureContext", false);
    expect(await faultOfOpening()).toBe("insecure");
    expect(await listDevices()).toEqual({ microphones: [], speakers: [] });
  });

  it("is forbidden where the page's policy says so", async () => {
    browser.fails = new DOMException("Permission denied", "NotAllowedError");
    expect(await faultOfOpening()).toBe("refused");
    vi.stubGlobal("document", { featurePolicy: { allowsFeature: () => false } });
    expect(await faultOfOpening()).toBe("forbidden");
  });
});

it("knows the errors of browsers", () => {
  const fault = (name: string, message = "") => faultOf(new DOMException(message, name), false);
  expect(fault("NotAllowedError", "Permission denied")).toBe("refused");
  expect(fault("NotAllowedError", "Permission dismissed")).toBe("dismissed");
  expect(fault("NotAllowedError", "Permission denied by system")).toBe("refused_by_system");
  expect(fault("SecurityError")).toBe("forbidden");
  expect(fault("NotReadableError", "Could not start audio source")).toBe("in_use");
  expect(fault("AbortError")).toBe("other");
  expect(faultOf("a word", false)).toBe("other");
});

describe("devices", () => {
  it("are microphones and speakers that have a name", () => {
    const sorted = sortDevices([
      device("audioinput", "default", "Default - Built-in"),
      device("audioinput", "communications", "Communications - Built-in"),
      device("audioinput", "", ""),
      device("videoinput", "camera", "Camera"),
      device("audiooutput", "headset", "Headset"),
    ]);
    expect(sorted).toEqual({
      microphones: [{ id: "default", label: "Default - Built-in" }],
      speakers: [{ id: "headset", label: "Headset" }],
    });
  });

  it("are told anew when one is plugged in", async () => {
    const scope = new Scope();
    const told = vi.fn();
    watchDevices(scope, told);
    browser.present.push("desk");
    browser.dispatchEvent(new Event("devicechange"));
    await vi.waitFor(() => expect(told).toHaveBeenCalledOnce());
    expect(told.mock.calls[0]?.[0]).toMatchObject({ microphones: [{}, {}, { id: "desk" }] });
    scope.end();
    browser.dispatchEvent(new Event("devicechange"));
    await Promise.resolve();
    expect(told).toHaveBeenCalledOnce();
  });
});

it("plays through a speaker where that can be chosen", async () => {
  const chosen: string[] = [];
  const target = (fails: boolean) => ({
    setSinkId: (id: string) => {
      chosen.push(id);
      return fails ? Promise.reject(new DOMException("", "NotFoundError")) : Promise.resolve();
    },
  });
  expect(await setSpeaker(target(false) as unknown as HTMLMediaElement, "headset")).toBe(true);
  expect(await setSpeaker(target(false) as unknown as HTMLMediaElement, "default")).toBe(true);
  expect(await setSpeaker(target(true) as unknown as HTMLMediaElement, "gone")).toBe(false);
  expect(await setSpeaker({} as HTMLMediaElement, "headset")).toBe(false);
  expect(chosen).toEqual(["headset", "", "gone"]);
});
