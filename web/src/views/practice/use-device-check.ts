import { useReducer, useRef, useState, type RefObject } from "react";

import { chooseDevices, chosenDevices } from "../../audio/chosen-devices";
import { listDevices, MicrophoneError, openMicrophone, watchDevices, watchMicrophone, type Device, type Devices } from "../../audio/devices";
import { hear, NOTHING_HEARD } from "../../audio/hearing";
import { meterShare, openAudio, watchLevel } from "../../audio/level";
import { playTone } from "../../audio/tone";
import { Scope, ScopeEnded } from "../../scope";
import { useScope } from "../../ui/use-scope";
import { step, UNCHECKED, type Check, type CheckEvent } from "./check";

const NO_DEVICES: Devices = { microphones: [], speakers: [] };

/** The check of this device, and what a person can do in it. */
export interface DeviceCheck {
  check: Check;
  devices: Devices;
  /** The speaker that was chosen; the system's where none was. */
  speaker: Device | undefined;
  /** Its size along the line follows the microphone. */
  meter: RefObject<HTMLDivElement | null>;
  openAgain: () => void;
  chooseMicrophone: (device: Device) => void;
  chooseSpeaker: (device: Device) => void;
  play: () => void;
  answer: (isHeard: boolean) => void;
}

interface Ear {
  context: AudioContext;
  source: AudioNode;
  /** A tone plays: what is heard now is no voice. */
  isDeaf: boolean;
}

/** Listens to the microphone for as long as the view is there. */
export function useDeviceCheck(): DeviceCheck {
  const [check, tell] = useReducer(step, UNCHECKED);
  const [devices, setDevices] = useState(NO_DEVICES);
  const [wanted, setWanted] = useState(() => ({ id: chosenDevices().microphone?.id }));
  const [speaker, setSpeaker] = useState(() => chosenDevices().speaker);
  const [tones, setTones] = useState(0);
  const meter = useRef<HTMLDivElement>(null);
  const ear = useRef<Ear | null>(null);

  useScope((scope) => watchDevices(scope, setDevices), []);
  useScope(
    (scope) => {
      tell({ type: "opening" });
      open(scope, wanted.id, { tell, ear, meter, setDevices }).catch((error: unknown) => {
        if (error instanceof ScopeEnded || scope.isOver) return;
        tell({ type: "not_opened", fault: error instanceof MicrophoneError ? error.fault : "other" });
      });
    },
    [wanted],
  );
  useScope(
    (scope) => {
      if (tones === 0) return;
      tell({ type: "tone_began" });
      const listener = ear.current;
      if (listener !== null) {
        listener.isDeaf = true;
        scope.onEnd(() => {
          listener.isDeaf = false;
        });
      }
      playTone(scope, listener?.context ?? openAudio(scope), speaker?.id, listener?.source ?? null)
        .then(({ echo }) => tell({ type: "tone_over", echo }))
        .catch(() => {
          if (!scope.isOver) tell({ type: "tone_failed" });
        })
        .finally(() => scope.end());
    },
    [tones],
  );

  return {
    check,
    devices,
    speaker,
    meter,
    openAgain: () => setWanted({ id: wanted.id }),
    chooseMicrophone: (microphone) => {
      chooseDevices({ microphone });
      setWanted({ id: microphone.id });
    },
    chooseSpeaker: (chosen) => {
      chooseDevices({ speaker: chosen });
      setSpeaker(chosen);
      tell({ type: "speaker_changed" });
    },
    play: () => setTones(tones + 1),
    answer: (isHeard) => tell({ type: "answered", isHeard }),
  };
}

interface Outlets {
  tell: (event: CheckEvent) => void;
  ear: RefObject<Ear | null>;
  meter: RefObject<HTMLDivElement | null>;
  setDevices: (devices: Devices) => void;
}

async function open(scope: Scope, deviceId: string | undefined, { tell, ear, meter, setDevices }: Outlets): Promise<void> {
  const microphone = await openMicrophone(scope, { deviceId });
  const { device, isReplacement, stream, track, echoCancellation } = microphone;
  tell({ type: "opened", device, isReplacement, isMuted: track.muted, hasEcho: echoCancellation === "off" });
  watchMicrophone(scope, microphone, (event) => tell({ type: "microphone", event }));
  const context = openAudio(scope);
  const source = scope.node(new MediaStreamAudioSourceNode(context, { mediaStream: stream }));
  const own: Ear = { context, source, isDeaf: false };
  ear.current = own;
  scope.onEnd(() => {
    ear.current = null;
  });
  let hearing = NOTHING_HEARD;
  let lastMs: number | null = null;
  watchLevel(scope, source, (smoothDbfs, dbfs, nowMs) => {
    meter.current?.style.setProperty("inline-size", `${100 * meterShare(smoothDbfs)}%`);
    const elapsedMs = nowMs - (lastMs ?? nowMs);
    lastMs = nowMs;
    if (own.isDeaf) return;
    const before = hearing;
    hearing = hear(hearing, dbfs, elapsedMs);
    if (hearing.isHeard && !before.isHeard) tell({ type: "voice_heard" });
  });
  // Only now may the browser name them.
  const devices = await listDevices();
  if (!scope.isOver) setDevices(devices);
}
