import { useState } from "react";

import { chosenDevices } from "../../audio/chosen-devices";
import { canChooseSpeaker, listDevices, watchDevices, type Devices } from "../../audio/devices";
import type { CallSession } from "../../call/session";
import { strings } from "../../strings";
import { Dialog } from "../../ui/dialog";
import { SelectField } from "../../ui/field";
import { useScope } from "../../ui/use-scope";

const NONE: Devices = { microphones: [], speakers: [] };

interface Props {
  session: CallSession;
  microphoneLabel: string;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** Other devices, in the middle of the call. */
export function DevicesDialog({ session, microphoneLabel, isOpen, onOpenChange }: Props) {
  const [devices, setDevices] = useState(NONE);
  const [speakerId, setSpeaker] = useState(() => chosenDevices().speaker?.id ?? "default");
  useScope(
    (scope) => {
      if (!isOpen) return;
      watchDevices(scope, setDevices);
      void listDevices().then((all) => {
        if (!scope.isOver) setDevices(all);
      });
    },
    [isOpen],
  );
  const { microphones, speakers } = devices;
  const microphone = microphones.find(({ label }) => label === microphoneLabel);
  const chooseSpeaker = (id: string) => {
    const device = speakers.find((speaker) => speaker.id === id);
    if (device === undefined) return;
    setSpeaker(id);
    session.chooseSpeaker(device);
  };
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title={strings.call.devices} text={strings.call.devicesText}>
      <SelectField
        label={strings.call.microphone}
        value={microphone?.id ?? ""}
        onChange={({ target }) => session.dispatch({ type: "choose_microphone", deviceId: target.value })}
      >
        {microphone === undefined && <option value="">{microphoneLabel}</option>}
        {microphones.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </SelectField>
      {canChooseSpeaker() && 0 < speakers.length ? (
        <SelectField label={strings.call.speaker} value={speakerId} onChange={({ target }) => chooseSpeaker(target.value)}>
          {speakers.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </SelectField>
      ) : (
        <p className="text-sm text-ink-soft">{strings.call.systemSpeaker}</p>
      )}
    </Dialog>
  );
}
