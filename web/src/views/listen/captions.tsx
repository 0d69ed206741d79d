import { useRef, type ReactNode } from "react";

import type { Speaker, Utterance } from "../../protocol/messages";
import { strings } from "../../strings";
import { classes } from "../../ui/classes";
import { useScope } from "../../ui/use-scope";

const words = strings.manage.listen;

/** So near to its end a reader counts as being at it. */
const END_PX = 48;

interface Props {
  utterances: Utterance[];
  partial: string;
  names: Record<Speaker, string>;
}

/** What both sides said, as it comes. Stays at the end until somebody scrolls up. */
export function Captions({ utterances, partial, names }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useScope(() => {
    const shown = box.current;
    if (shown !== null && isAtEnd.current) shown.scrollTop = shown.scrollHeight;
  }, [utterances, partial]);
  const scrolled = () => {
    const shown = box.current;
    if (shown !== null) isAtEnd.current = shown.scrollHeight - shown.scrollTop - shown.clientHeight < END_PX;
  };
  return (
    // A region that scrolls has to take the focus, or keys do not reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-label={words.captions} className="flex h-[min(26rem,50dvh)] flex-col gap-3 overflow-y-auto rounded-lg border border-line bg-surface p-4">
      {utterances.length === 0 && partial === "" && <p className="m-auto text-sm text-ink-soft">{words.nothingYet}</p>}
      {utterances.map((utterance) => (
        <Line key={utterance.id} speaker={utterance.speaker} name={names[utterance.speaker]}>
          {utterance.text}
          {utterance.interrupted && <CutOff unheard={utterance.unheard} />}
        </Line>
      ))}
      {partial !== "" && (
        <div aria-hidden>
          <Line speaker="rep" name={names.rep} isGuess>
            {partial}
          </Line>
        </div>
      )}
    </div>
  );
}

function Line({ speaker, name, isGuess = false, children }: { speaker: Speaker; name: string; isGuess?: boolean; children: ReactNode }) {
  return (
    <p className="flex flex-col sm:flex-row sm:gap-3">
      <span className={classes("shrink-0 text-sm font-semibold sm:w-28 sm:truncate sm:pt-px", speaker === "rep" ? "text-rep" : "text-persona")}>{name}</span>
      <span className={classes("min-w-0", isGuess && "text-ink-faint italic")}>{children}</span>
    </p>
  );
}

function CutOff({ unheard }: { unheard: string | undefined }) {
  return (
    <>
      {" "}
      {unheard !== undefined && <span className="text-ink-faint">{unheard} </span>}
      <span className="text-sm text-ink-soft">[{words.cutOff}]</span>
    </>
  );
}
