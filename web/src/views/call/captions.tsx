import { ArrowDown } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";

import type { Captions } from "../../call/captions";
import type { Utterance } from "../../protocol/messages";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { classes } from "../../ui/classes";

/** Whoever is that near the end follows it. */
const NEAR_END_PX = 48;

interface LogProps {
  captions: Captions;
  personaName: string;
  /** What the rep is called where somebody else reads. */
  repName?: string;
}

/** What both sides said. It stays at its end, unless somebody scrolled up to read. */
export function CaptionLog({ captions, personaName, repName = strings.call.you }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(() => {
    if (isAtEnd) toEnd();
  }, [captions, isAtEnd]);
  const look = () => {
    const { current } = box;
    if (current) setAtEnd(current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_END_PX);
  };
  const isEmpty = captions.utterances.length === 0 && captions.partial === "";
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {/* A region that scrolls is reached by the keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={box} onScroll={look} tabIndex={0} role="log" aria-live="polite" aria-label={strings.call.captionsLog} className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto overscroll-contain px-5 py-4">
        {/* The first words appear where the next ones will push them up from. */}
        <div aria-hidden className="mt-auto" />
        {isEmpty && <p className="text-center text-sm text-ink-soft">{strings.call.noCaptions}</p>}
        {captions.utterances.map((utterance) => (
          <Line key={utterance.id} utterance={utterance} name={utterance.speaker === "rep" ? repName : personaName} />
        ))}
        {captions.partial !== "" && (
          // What is not settled would be read out again and again.
          <div aria-hidden className="border-s-3 border-dashed border-rep ps-3">
            <div className="text-xs font-semibold text-rep">{repName}</div>
            <p dir="auto" className="text-start text-ink-soft">
              {captions.partial}
            </p>
          </div>
        )}
      </div>
      {!isAtEnd && (
        <Button className="absolute bottom-2 self-center rounded-full shadow-raised" icon={<ArrowDown aria-hidden className="size-4" />} onClick={toEnd}>
          {strings.call.latest}
        </Button>
      )}
    </div>
  );
}

function Line({ utterance, name }: { utterance: Utterance; name: string }) {
  const { speaker, text, interrupted, typed, unheard } = utterance;
  const isRep = speaker === "rep";
  const notes = [...(typed ? [strings.call.typed] : []), ...(interrupted ? [strings.call.cutOff] : [])];
  return (
    <div className={classes("border-s-3 ps-3", isRep ? "border-rep" : "border-persona")}>
      <div className="text-xs">
        <span className={classes("font-semibold", isRep ? "text-rep" : "text-persona")}>{name}</span>
        {notes.length > 0 && <span className="text-ink-soft"> · {notes.join(" · ")}</span>}
      </div>
      <p dir="auto" className="text-pretty text-start">
        {text}
        {interrupted && "…"}
        {unheard !== undefined && (
          <span className="text-ink-faint">
            <span className="sr-only"> {strings.call.notHeard}</span> {unheard}
          </span>
        )}
      </p>
    </div>
  );
}
