import { ChevronsRight, FastForward, Keyboard, Link2, LoaderCircle, Pause, Play, Repeat, Rewind, SkipBack, SkipForward } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";

import { formatClock } from "../../format";
import { strings } from "../../strings";
import { Button, IconButton } from "../../ui/button";
import { classes } from "../../ui/classes";
import { Notice } from "../../ui/notice";
import { useScope } from "../../ui/use-scope";
import { Lanes } from "./lanes";
import { nextMarker } from "./markers";
import { MarkerStrip } from "./marks";
import { KeysDialog } from "./keys-dialog";
import { RATES } from "./playback";
import { usePlaybackState, useReviewing } from "./reviewing";
import { utteranceAt } from "./spans";
import { useKeys } from "./use-keys";

const words = strings.review.player;

/** The recording, always in reach: below the header, and on a phone at the thumb. */
export function Player() {
  const { playback, outline } = useReviewing();
  const { hasFailed } = usePlaybackState(playback);
  const [isKeysOpen, setIsKeysOpen] = useState(false);
  const keys = useKeys();
  const look =
    "fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface px-2 pt-1.5 pb-[max(0.5rem,env(safe-area-inset-bottom))] " +
    "sm:sticky sm:inset-x-auto sm:top-14 sm:bottom-auto sm:rounded-lg sm:border sm:px-4 sm:py-3";
  return (
    <section aria-label={words.name} className={look}>
      <MarkerStrip />
      <Lanes />
      {outline.hasFailed && <p className="mt-1 text-xs text-ink-soft">{words.noWaveform}</p>}
      {hasFailed && <NoSound />}
      <Controls onKeys={() => setIsKeysOpen(true)} />
      <KeysDialog isOpen={isKeysOpen} onOpenChange={setIsKeysOpen} keys={keys} />
    </section>
  );
}

function NoSound() {
  const { playback } = useReviewing();
  return (
    <div className="mt-2">
      <Notice tone="bad" action={<Button onClick={() => playback.play()}>{words.reload}</Button>}>
        {words.noSound}
      </Notice>
    </div>
  );
}

function Controls({ onKeys }: { onKeys: () => void }) {
  const { playback, markers, seek } = useReviewing();
  const { isPlaying, isWaiting, skipsSilence } = usePlaybackState(playback);
  const go = (way: 1 | -1) => {
    const marker = nextMarker(markers, playback.ms, way);
    if (marker !== null) seek(marker.at_ms);
  };
  const state = isWaiting ? <LoaderCircle aria-hidden className="animate-spin" /> : isPlaying ? <Pause aria-hidden /> : <Play aria-hidden />;
  return (
    <div className="mt-1 flex items-center sm:mt-2 sm:gap-1">
      <IconButton label={isPlaying || isWaiting ? words.pause : words.play} look="primary" className="rounded-full!" onClick={() => playback.toggle()}>
        {state}
      </IconButton>
      <IconButton label={words.back} onClick={() => seek(playback.ms - 10_000)}>
        <Rewind aria-hidden />
      </IconButton>
      <IconButton label={words.forward} className="max-[379px]:hidden" onClick={() => seek(playback.ms + 10_000)}>
        <FastForward aria-hidden />
      </IconButton>
      <Clock />
      <span className="flex-1" />
      <IconButton label={words.previous} className="max-sm:hidden" onClick={() => go(-1)}>
        <SkipBack aria-hidden />
      </IconButton>
      <IconButton label={words.next} className="max-sm:hidden" onClick={() => go(1)}>
        <SkipForward aria-hidden />
      </IconButton>
      <Rate />
      <Toggle label={words.skip} isOn={skipsSilence} onChange={(isOn) => playback.setSkipsSilence(isOn)}>
        <ChevronsRight aria-hidden />
      </Toggle>
      <LoopToggle />
      <CopyLink />
      <IconButton label={words.keys} className="max-sm:hidden" onClick={onKeys}>
        <Keyboard aria-hidden />
      </IconButton>
    </div>
  );
}

function Clock() {
  const { playback } = useReviewing();
  const now = useRef<HTMLSpanElement>(null);
  useScope(
    (scope) => {
      const show = (ms: number) => {
        const text = formatClock(ms);
        if (now.current !== null && now.current.textContent !== text) now.current.textContent = text;
      };
      show(playback.ms);
      scope.onEnd(playback.onTime(show));
    },
    [playback],
  );
  return (
    <span aria-hidden className="ms-1 text-sm whitespace-nowrap text-ink-soft">
      <span ref={now} className="text-ink" />
      <span className="max-sm:hidden"> / {formatClock(playback.durationMs)}</span>
    </span>
  );
}

function Rate() {
  const { playback } = useReviewing();
  const { rate } = usePlaybackState(playback);
  return (
    <select
      aria-label={words.speed}
      title={words.speed}
      value={rate}
      onChange={(event) => playback.setRate(Number(event.target.value))}
      className="min-h-11 w-13 rounded-md bg-surface ps-1 text-sm text-ink-soft hover:bg-hover sm:min-h-9 sm:w-18 sm:ps-2"
    >
      {RATES.map((one) => (
        <option key={one} value={one}>
          {words.times(one)}
        </option>
      ))}
    </select>
  );
}

interface ToggleProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  children: ReactNode;
}

function Toggle({ label, isOn, onChange, children }: ToggleProps) {
  return (
    <IconButton label={label} aria-pressed={isOn} className={classes(isOn && "bg-accent-soft text-accent-strong")} onClick={() => onChange(!isOn)}>
      {children}
    </IconButton>
  );
}

function LoopToggle() {
  const { playback, reviewed } = useReviewing();
  const { loop } = usePlaybackState(playback);
  const repeat = (isOn: boolean) => {
    const { utterances } = reviewed.record;
    const said = utterances[Math.max(0, utteranceAt(utterances, playback.ms))];
    playback.setLoop(isOn && said !== undefined && said.start_ms < said.end_ms ? { from_ms: said.start_ms, to_ms: said.end_ms } : null);
  };
  const label = loop === null ? words.loop : `${words.looping(formatClock(loop.from_ms), formatClock(loop.to_ms))}. ${words.loopEnd}`;
  return (
    <Toggle label={label} isOn={loop !== null} onChange={repeat}>
      <Repeat aria-hidden />
    </Toggle>
  );
}

/** Copies the address of the review at this second. The address line has it as well. */
function CopyLink() {
  const { playback } = useReviewing();
  const [told, setTold] = useState("");
  const copy = async () => {
    const address = new URL(location.href);
    address.searchParams.set("t", (playback.ms / 1000).toFixed(1));
    history.replaceState(history.state, "", address);
    const at = formatClock(playback.ms);
    try {
      await navigator.clipboard.writeText(address.href);
      setTold(words.linkCopied(at));
    } catch {
      setTold(words.copyFailed);
    }
  };
  useScope(
    (scope) => {
      if (told !== "") scope.after(4000, () => setTold(""));
    },
    [told],
  );
  return (
    <span className="relative">
      <IconButton label={words.copyLink} onClick={() => void copy()}>
        <Link2 aria-hidden />
      </IconButton>
      <span role="status" className={classes("absolute end-0 z-30 w-max max-w-64 rounded-md bg-ink px-2 py-1 text-xs text-ground max-sm:bottom-full sm:top-full", told === "" && "sr-only")}>
        {told}
      </span>
    </span>
  );
}
