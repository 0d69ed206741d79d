import { Keyboard } from "lucide-react";
import { memo } from "react";

import type { Utterance } from "../../protocol/messages";
import { formatClock } from "../../format";
import { strings } from "../../strings";
import { Badge } from "../../ui/badge";
import { classes } from "../../ui/classes";
import type { Hit } from "./find";
import type { Entry } from "./kpis";
import { fillersIn, piecesOf, tokensOf, type Mark } from "./line";
import type { Playback } from "./playback";
import { useAtMoment } from "./reviewing";
import { wordAt } from "./spans";

const words = strings.review.transcript;

interface Props {
  utterance: Utterance;
  index: number;
  speakerName: string;
  fillers: readonly Entry[];
  hits: readonly Hit[];
  /** The hit that was gone to, where it is in this line. */
  current: Hit | null;
  /** It is being played: then the words light up. */
  playback: Playback | null;
  /** The Tab key stops at this line. */
  isStop: boolean;
}

/** One utterance. Its text is a few pieces, never an element for each word: there are thousands of them. */
export const TranscriptLine = memo(function TranscriptLine(props: Props) {
  const { utterance, index, speakerName, playback, isStop } = props;
  const isRep = utterance.speaker === "rep";
  const clock = formatClock(utterance.start_ms);
  const look = classes(
    "grid grid-cols-[3.25rem_1fr] gap-x-2 rounded-md px-2 py-2 [contain-intrinsic-size:auto_4.75rem] [content-visibility:auto]",
    playback !== null && "bg-surface ring-1 ring-line ring-inset",
  );
  return (
    <li data-line={index} aria-current={playback !== null || undefined} className={look}>
      <button
        type="button"
        data-listen={index}
        tabIndex={isStop ? 0 : -1}
        aria-label={words.listenFrom(clock, speakerName)}
        className="-my-1 flex min-h-11 items-start justify-end rounded-sm px-1 pt-1 text-xs leading-6 text-ink-faint hover:text-ink sm:min-h-7"
      >
        {clock}
      </button>
      <div className={classes("min-w-0 border-s-2 ps-3", isRep ? "border-solid border-rep" : "border-dotted border-persona")}>
        <div className="flex items-center gap-2">
          <span aria-hidden className={classes("size-2 shrink-0", isRep ? "rounded-[1px] bg-rep" : "rounded-full bg-persona")} />
          <span className={classes("text-xs font-semibold", isRep ? "text-rep" : "text-persona")}>{speakerName}</span>
          {utterance.typed && (
            <Badge>
              <Keyboard aria-hidden className="size-3" />
              {words.typed}
            </Badge>
          )}
          {utterance.interrupted && <Badge>{words.cutOff}</Badge>}
        </div>
        <p dir="auto" className="wrap-break-word">
          {playback === null ? <Heard {...props} word={null} /> : <Spoken {...props} playback={playback} />}
          {utterance.unheard !== undefined && <Unheard {...props} text={utterance.unheard} />}
        </p>
      </div>
    </li>
  );
});

function Spoken(props: Props & { playback: Playback }) {
  const { utterance, playback } = props;
  const word = useAtMoment(playback, (ms) => wordAt(utterance, ms));
  return <Heard {...props} word={word} />;
}

/** What was heard: fillers, places that were looked for, and the word that is said. */
function Heard({ utterance, fillers, hits, current, word }: Props & { word: number | null }) {
  const { text } = utterance;
  const marks: Mark[] = [
    ...fillersIn(utterance, fillers).map((range) => ({ ...range, mark: "filler" })),
    ...hits.filter(({ isUnheard }) => !isUnheard).map((hit) => ({ from: hit.from, to: hit.to, mark: hit === current ? "current" : "hit" })),
    ...wordMark(utterance, word),
  ];
  return (
    <span data-text>
      <Pieces text={text} marks={marks} />
    </span>
  );
}

function Unheard({ text, hits, current }: Props & { text: string }) {
  const marks = hits.filter(({ isUnheard }) => isUnheard).map((hit) => ({ from: hit.from, to: hit.to, mark: hit === current ? "current" : "hit" }));
  return (
    <span className="text-ink-faint italic decoration-ink-faint/50">
      {" "}
      <span className="sr-only">{words.unheard} </span>
      <span title={words.unheard.replace(/:$/u, "")}>
        [<Pieces text={text} marks={marks} />]
      </span>
    </span>
  );
}

function Pieces({ text, marks }: { text: string; marks: readonly Mark[] }) {
  if (marks.length === 0) return text;
  return piecesOf(text, marks).map(({ text: piece, from, marks: on }) => {
    const isHit = on.has("hit") || on.has("current");
    const look = classes(
      "rounded-sm",
      on.has("filler") && "underline decoration-warn decoration-wavy decoration-1 underline-offset-4",
      on.has("current") ? "bg-accent text-on-accent" : isHit ? "bg-warn-soft text-ink" : on.has("word") ? "bg-accent-soft text-accent-strong" : "bg-transparent text-current",
    );
    if (on.size === 0) return piece;
    return isHit ? (
      <mark key={from} className={look}>
        {piece}
      </mark>
    ) : (
      <span key={from} className={look}>
        {piece}
      </span>
    );
  });
}

function wordMark({ text, words: timed = [] }: Utterance, word: number | null): Mark[] {
  if (word === null) return [];
  const tokens = tokensOf(text);
  const token = timed.length === tokens.length ? tokens[word] : undefined;
  return token === undefined ? [] : [{ ...token, mark: "word" }];
}
