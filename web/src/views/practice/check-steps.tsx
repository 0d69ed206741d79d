import { Check as Tick, Mic, Network, Volume2 } from "lucide-react";
import { useRef, type ReactNode } from "react";

import { canChooseSpeaker, type Device } from "../../audio/devices";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { classes } from "../../ui/classes";
import { SelectField } from "../../ui/field";
import { MicrophoneFault } from "../../ui/microphone-fault";
import { Notice } from "../../ui/notice";
import { isChecked } from "./check";
import { ConnectionStep, useConnection } from "./connection-line";
import { useDeviceCheck, type DeviceCheck } from "./use-device-check";

const words = strings.practice.check;

interface Props {
  /** Everything works, or works well enough for whoever asks. */
  onDone: (found: { microphone: Device | undefined; speaker: Device | undefined; isChecked: boolean }) => void;
}

/** Microphone, speaker and connection, one after the other. */
export function CheckSteps({ onDone }: Props) {
  const device = useDeviceCheck();
  const { check, speaker } = device;
  const { path } = useConnection();
  const microphone = check.microphone.is === "open" ? check.microphone.device : undefined;
  const isDone = isChecked(check);
  return (
    <div className="flex flex-col gap-5">
      <Step icon={<Mic aria-hidden />} title={words.microphone.title} isDone={check.isVoiceHeard}>
        <MicrophoneStep device={device} />
      </Step>
      <Step icon={<Volume2 aria-hidden />} title={words.speaker.title} isDone={check.speaker === "heard"}>
        <SpeakerStep device={device} />
      </Step>
      <Step icon={<Network aria-hidden />} title={words.connection.title} isDone={path === "udp" || path === "tcp" || path === "websocket"}>
        <ConnectionStep />
      </Step>
      <Button look={isDone ? "primary" : "plain"} onClick={() => onDone({ microphone, speaker, isChecked: isDone })}>
        {isDone ? words.done : words.skip}
      </Button>
    </div>
  );
}

function Step({ icon, title, isDone, children }: { icon: ReactNode; title: string; isDone: boolean; children: ReactNode }) {
  const look = isDone ? "bg-good-soft text-good" : "bg-sunken text-ink-soft";
  return (
    <section aria-label={title} className="flex gap-3">
      <span className={classes("flex size-8 shrink-0 items-center justify-center rounded-full [&_svg]:size-4", look)}>{isDone ? <Tick aria-hidden /> : icon}</span>
      <div className="flex min-w-0 flex-1 flex-col gap-2.5 pt-1">
        <h3 className="text-sm font-semibold">
          {title}
          {isDone && <span className="sr-only">{words.works}</span>}
        </h3>
        {children}
      </div>
    </section>
  );
}

function MicrophoneStep({ device }: { device: DeviceCheck }) {
  const { check, devices, meter } = device;
  const { microphone } = check;
  if (microphone.is === "fault" || microphone.is === "gone") {
    return (
      <>
        {microphone.is === "gone" && <Choice label={words.microphone.choose} devices={devices.microphones} chosen="" onChoose={device.chooseMicrophone} />}
        <MicrophoneFault fault={microphone.is === "gone" ? "gone" : microphone.fault} onRetry={device.openAgain} />
      </>
    );
  }
  if (microphone.is !== "open") {
    return (
      <p role="status" className="text-sm text-ink-soft">
        {words.microphone.allow}
      </p>
    );
  }
  return (
    <>
      <Choice label={words.microphone.choose} devices={devices.microphones} chosen={microphone.device.id} onChoose={device.chooseMicrophone} />
      <div aria-hidden className="h-2 overflow-hidden rounded-full bg-sunken">
        <div ref={meter} className="h-full w-0 rounded-full bg-rep" />
      </div>
      <p role="status" className={classes("text-sm", check.isVoiceHeard ? "text-good" : "text-ink-soft")}>
        {check.isVoiceHeard ? words.microphone.heard : words.microphone.say}
      </p>
      {microphone.isReplacement && <Notice tone="warn">{strings.devices.replaced(microphone.device.label)}</Notice>}
      {microphone.isMuted && <Notice tone="warn">{strings.devices.muted}</Notice>}
      {microphone.hasEcho && <Notice tone="warn">{strings.devices.echo("the buyer")}</Notice>}
    </>
  );
}

function SpeakerStep({ device }: { device: DeviceCheck }) {
  const { check, devices, speaker } = device;
  const isAsking = check.speaker === "asking";
  const play = useRef<HTMLButtonElement>(null);
  const answer = (isHeard: boolean) => {
    device.answer(isHeard);
    // The question goes away, and the focus must not go with it.
    play.current?.focus();
  };
  return (
    <>
      {canChooseSpeaker() && <Choice label={words.speaker.choose} devices={devices.speakers} chosen={speaker?.id ?? ""} onChoose={device.chooseSpeaker} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button ref={play} onClick={device.play}>{words.speaker.play[check.speaker]}</Button>
        {isAsking && (
          <>
            <span role="status" className="text-sm">
              {words.speaker.question}
            </span>
            <Button onClick={() => answer(true)}>{words.speaker.yes}</Button>
            <Button onClick={() => answer(false)}>{words.speaker.no}</Button>
          </>
        )}
      </div>
      {check.speaker === "not_heard" && <Notice tone="warn">{words.speaker.notHeard}</Notice>}
      {check.speaker === "failed" && <Notice tone="bad">{words.speaker.failed}</Notice>}
      {check.echo === "heard" && <Notice tone="warn">{words.speaker.echo}</Notice>}
      {check.echo === "unclear" && <p className="text-sm text-ink-soft">{words.speaker.unclear}</p>}
    </>
  );
}

interface ChoiceProps {
  label: string;
  devices: Device[];
  chosen: string;
  onChoose: (device: Device) => void;
}

function Choice({ label, devices, chosen, onChoose }: ChoiceProps) {
  if (devices.length === 0) return null;
  const isListed = devices.some(({ id }) => id === chosen);
  const choose = (id: string) => {
    const device = devices.find((device) => device.id === id);
    if (device !== undefined) onChoose(device);
  };
  return (
    <SelectField label={label} isLabelHidden value={isListed ? chosen : ""} onChange={({ target }) => choose(target.value)}>
      {!isListed && <option value="">{words.systemChoice}</option>}
      {devices.map(({ id, label }) => (
        <option key={id} value={id}>
          {label}
        </option>
      ))}
    </SelectField>
  );
}
