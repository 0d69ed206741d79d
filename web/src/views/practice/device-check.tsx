import { useState } from "react";

import { chooseDevices, chosenDevices } from "../../audio/chosen-devices";
import { listDevices, microphonePermission, watchDevices, type Device, type Devices } from "../../audio/devices";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { MicrophoneFault } from "../../ui/microphone-fault";
import { Notice } from "../../ui/notice";
import { useScope } from "../../ui/use-scope";
import { CheckSteps } from "./check-steps";
import { useConnection } from "./connection-line";

const words = strings.practice.check;

type Face = "invitation" | "steps" | "glance";

interface Props {
  /** This device was checked, now or before. */
  onChecked: () => void;
}

/** The check of this device: whole the first time, a glance from then on. */
export function DeviceCheck({ onChecked }: Props) {
  const [face, setFace] = useState<Face>(() => (wasChecked() ? "glance" : "invitation"));
  const done = (found: { microphone: Device | undefined; speaker: Device | undefined; isChecked: boolean }) => {
    const { microphone, speaker } = found;
    chooseDevices({ ...(microphone && { microphone }), ...(speaker && { speaker }), ...(found.isChecked && { checkedAt: new Date().toISOString() }) });
    setFace(wasChecked() ? "glance" : "invitation");
    if (wasChecked()) onChecked();
  };
  if (face === "steps") return <CheckSteps onDone={done} />;
  if (face === "glance") return <Glance onChange={() => setFace("steps")} />;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-ink-soft">{words.invitation}</p>
      <Button look="primary" onClick={() => setFace("steps")}>
        {words.begin}
      </Button>
    </div>
  );
}

/** Whether this device was checked before. */
export const wasChecked = (): boolean => chosenDevices().checkedAt !== undefined;

/** What is used, in a line; and what is wrong with it, if anything. */
function Glance({ onChange }: { onChange: () => void }) {
  const { microphone, speaker } = chosenDevices();
  const [devices, setDevices] = useState<Devices | null>(null);
  const [isRefused, setRefused] = useState(false);
  const { path } = useConnection();
  useScope((scope) => {
    const look = async () => {
      const [found, permission] = await Promise.all([listDevices(), microphonePermission()]);
      if (scope.isOver) return;
      setDevices(found);
      setRefused(permission === "denied");
    };
    void look();
    watchDevices(scope, () => void look());
  }, []);
  const { missing } = words.glance;
  // Where the browser names none, it cannot be told.
  const isMissing = (device: Device | undefined, among: Device[] | undefined) =>
    device !== undefined && among !== undefined && 0 < among.length && !among.some(({ id }) => id === device.id);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-start justify-between gap-3">
        <dl className="grid min-w-0 grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm [&_dd]:wrap-anywhere [&_dt]:text-ink-soft">
          <dt>{words.microphone.title}</dt>
          <dd>{microphone?.label ?? words.systemChoice}</dd>
          <dt>{words.speaker.title}</dt>
          <dd>{speaker?.label ?? words.systemChoice}</dd>
          <dt>{words.connection.title}</dt>
          <dd role="status">{path === null ? words.connection.checking : words.connection.named[path]}</dd>
        </dl>
        <Button look="quiet" onClick={onChange} className="-me-2 -mt-2">
          {words.glance.change}
        </Button>
      </div>
      {isRefused && <MicrophoneFault fault="refused" />}
      {!isRefused && isMissing(microphone, devices?.microphones) && <Notice tone="warn">{missing.microphone}</Notice>}
      {isMissing(speaker, devices?.speakers) && <Notice tone="warn">{missing.speaker}</Notice>}
      {(path === "none" || path === "unreachable") && <Notice tone="bad">{words.connection.explained[path]}</Notice>}
      {(path === "tcp" || path === "websocket") && <p className="text-sm text-ink-soft">{words.connection.explained[path]}</p>}
    </div>
  );
}
