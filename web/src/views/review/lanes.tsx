import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import WaveSurfer from "wavesurfer.js";

import { formatClock } from "../../format";
import { strings } from "../../strings";
import { classes } from "../../ui/classes";
import { useScope } from "../../ui/use-scope";
import type { Outline } from "./peaks";
import { nameOf, usePlaybackState, useReviewing } from "./reviewing";
import type { Span } from "./spans";
import { useColours, type Colours } from "./use-colours";

/** A drag that is shorter than this is a click. */
const SHORTEST_DRAG_PX = 6;

const ARROW_MS = 5000;

/** Both sides as they sounded, above each other: a place to go to, and a part to repeat. Time runs as in every player. */
export function Lanes() {
  const { outline, reviewed, playback } = useReviewing();
  return (
    <div dir="ltr" className="relative h-14 rounded-sm bg-sunken sm:h-20">
      {outline.data && <Waves outline={outline.data} />}
      <LaneName speaker="rep" className="top-0" />
      <LaneName speaker="persona" className="top-1/2" />
      <Region />
      <Slider key={reviewed.durationMs} durationMs={playback.durationMs} />
    </div>
  );
}

function LaneName({ speaker, className }: { speaker: "rep" | "persona"; className: string }) {
  const { names } = useReviewing().reviewed;
  const colour = speaker === "rep" ? "text-rep" : "text-persona";
  return (
    <span aria-hidden className={classes("pointer-events-none absolute start-0 z-10 max-w-32 truncate rounded-sm bg-sunken/85 px-1 text-xs leading-4 font-medium", colour, className)}>
      {nameOf(speaker, names)}
    </span>
  );
}

function Waves({ outline }: { outline: Outline }) {
  const { playback } = useReviewing();
  const box = useRef<HTMLDivElement>(null);
  const colours = useColours();
  useScope(
    (scope) => {
      if (box.current === null) return;
      const waves = drawWaves(box.current, playback.media, outline, playback.durationMs, colours);
      scope.onEnd(() => {
        waves.destroy();
      });
    },
    [outline, playback, colours],
  );
  return <div ref={box} aria-hidden className="absolute inset-0" />;
}

function drawWaves(container: HTMLElement, media: HTMLMediaElement, outline: Outline, durationMs: number, colours: Colours): WaveSurfer {
  const lane = (speaker: "rep" | "persona") => ({ waveColor: colours[speaker].ahead, progressColor: colours[speaker].played });
  return WaveSurfer.create({
    container,
    media,
    peaks: [outline.rep, outline.persona],
    duration: durationMs / 1000,
    height: container.clientHeight / 2,
    splitChannels: [lane("rep"), lane("persona")],
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    cursorWidth: 0,
    // Pressing and dragging is the slider's, which keyboards and readers know as well.
    interact: false,
    hideScrollbar: true,
  });
}

function Region() {
  const { playback } = useReviewing();
  const { loop } = usePlaybackState(playback);
  return loop && <Part span={loop} durationMs={playback.durationMs} />;
}

function Part({ span, durationMs }: { span: Span; durationMs: number }) {
  const part = (ms: number) => `${(100 * ms) / durationMs}%`;
  const style = { insetInlineStart: part(span.from_ms), width: part(span.to_ms - span.from_ms) };
  return <div aria-hidden style={style} className="pointer-events-none absolute inset-y-0 z-10 border-x-2 border-accent bg-accent/15" />;
}

function Slider({ durationMs }: { durationMs: number }) {
  const { playback, seek } = useReviewing();
  const slider = useRef<HTMLDivElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<Span | null>(null);
  const begun = useRef<{ x: number; ms: number } | null>(null);
  useScope(
    (scope) => {
      const show = (ms: number) => {
        const text = strings.review.player.at(formatClock(ms), formatClock(durationMs));
        cursor.current?.style.setProperty("inset-inline-start", `${(100 * ms) / durationMs}%`);
        if (slider.current === null || slider.current.ariaValueText === text) return;
        slider.current.ariaValueNow = String(Math.floor(ms / 1000));
        slider.current.ariaValueText = text;
      };
      show(playback.ms);
      scope.onEnd(playback.onTime(show));
    },
    [playback, durationMs],
  );
  const msAt = ({ clientX, currentTarget }: PointerEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.round(Math.max(0, Math.min(1, (clientX - left) / width)) * durationMs);
  };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    begun.current = { x: event.clientX, ms: msAt(event) };
  };
  const drag = (event: PointerEvent) => {
    if (begun.current === null || (dragged === null && Math.abs(event.clientX - begun.current.x) < SHORTEST_DRAG_PX)) return;
    const ms = msAt(event);
    setDragged({ from_ms: Math.min(ms, begun.current.ms), to_ms: Math.max(ms, begun.current.ms) });
  };
  const release = (event: PointerEvent) => {
    if (begun.current === null) return;
    if (dragged === null) seek(msAt(event));
    else if (dragged.from_ms < dragged.to_ms) playback.setLoop(dragged);
    cancel();
  };
  const cancel = () => {
    begun.current = null;
    setDragged(null);
  };
  const move = (event: KeyboardEvent) => {
    const to = { ArrowLeft: playback.ms - ARROW_MS, ArrowRight: playback.ms + ARROW_MS, Home: 0, End: durationMs }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    seek(to);
  };
  return (
    <>
      {dragged && <Part span={dragged} durationMs={durationMs} />}
      <div ref={cursor} aria-hidden className="pointer-events-none absolute inset-y-0 z-10 -ms-px w-0.5 bg-ink" />
      <div
        ref={slider}
        role="slider"
        tabIndex={0}
        aria-label={strings.review.player.position}
        aria-valuemin={0}
        aria-valuemax={Math.floor(durationMs / 1000)}
        aria-valuenow={0}
        className="absolute inset-0 z-20 cursor-pointer touch-pan-y rounded-sm"
        onPointerDown={press}
        onPointerMove={drag}
        onPointerUp={release}
        onPointerCancel={cancel}
        onKeyDown={move}
      />
    </>
  );
}
