import { browserKind } from "../audio/browser";
import type { MicrophoneFault as Fault } from "../audio/devices";
import { strings } from "../strings";
import { Button } from "./button";
import { Notice } from "./notice";

interface Props {
  fault: Fault | "gone";
  onRetry?: () => void;
}

/** What is wrong with the microphone, and what to do about it in this browser. */
export function MicrophoneFault({ fault, onRetry }: Props) {
  const { title, text } = fault === "gone" ? strings.devices.gone : strings.devices.fault(fault, browserKind(navigator));
  return (
    <Notice tone="bad">
      <p className="font-medium">{title}</p>
      <p className="text-ink">{text}</p>
      {onRetry && (
        <Button className="mt-2" onClick={onRetry}>
          {strings.common.retry}
        </Button>
      )}
    </Notice>
  );
}
