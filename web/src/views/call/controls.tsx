import { Captions, Keyboard, Mic, MicOff, PhoneOff, Settings2 } from "lucide-react";
import type { ReactNode } from "react";

import { strings } from "../../strings";
import { classes } from "../../ui/classes";

interface Props {
  isMuted: boolean;
  hasCaptions: boolean;
  isTyping: boolean;
  isEnding: boolean;
  onMute: () => void;
  onCaptions: () => void;
  onType: () => void;
  onDevices: () => void;
  onEnd: () => void;
}

/** What a thumb reaches: mute, captions, type, devices, end. */
export function Controls({ isMuted, hasCaptions, isTyping, isEnding, onMute, onCaptions, onType, onDevices, onEnd }: Props) {
  const words = strings.call;
  return (
    <div role="toolbar" aria-label={words.title("")} className="mx-auto flex w-full max-w-md justify-between gap-1 px-4 sm:gap-4">
      <Control label={isMuted ? words.unmute : words.mute} isOn={isMuted} onClick={onMute} keys="Space">
        {isMuted ? <MicOff aria-hidden /> : <Mic aria-hidden />}
      </Control>
      <Control label={words.captions} isOn={hasCaptions} onClick={onCaptions} keys="C">
        <Captions aria-hidden />
      </Control>
      <Control label={words.type} isOn={isTyping} onClick={onType} keys="T">
        <Keyboard aria-hidden />
      </Control>
      <Control label={words.devices} onClick={onDevices}>
        <Settings2 aria-hidden />
      </Control>
      <Control label={words.end} isEnd onClick={onEnd} isDisabled={isEnding}>
        <PhoneOff aria-hidden />
      </Control>
    </div>
  );
}

interface ControlProps {
  label: string;
  onClick: () => void;
  isOn?: boolean;
  isEnd?: boolean;
  isDisabled?: boolean;
  keys?: string;
  children: ReactNode;
}

function Control({ label, onClick, isOn, isEnd = false, isDisabled = false, keys, children }: ControlProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      disabled={isDisabled}
      aria-pressed={isOn}
      aria-keyshortcuts={keys}
      className="group flex min-w-14 flex-col items-center gap-1.5 rounded-lg text-xs text-ink-soft disabled:opacity-55"
    >
      <span
        className={classes(
          "grid size-14 place-items-center rounded-full border transition-colors duration-100 [&_svg]:size-6",
          isEnd
            ? "border-transparent bg-bad text-surface"
            : isOn
              ? "border-transparent bg-ink text-ground"
              : "border-line bg-surface text-ink group-hover:bg-hover",
        )}
      >
        {children}
      </span>
      {label}
    </button>
  );
}
