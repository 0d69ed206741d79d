import { AudioLines, CirclePause, Mic } from "lucide-react";
import type { ReactNode } from "react";

import type { Coached, Now } from "../../call/coaching";
import type { Aim } from "../../call/coaching-aims";
import { strings } from "../../strings";
import { classes } from "../../ui/classes";

const words = strings.call.coaching;

/** Talk share, pace, and who has the word: one line, which is told to nobody unless they ask. */
export function Numbers({ coached: { sharePercent, paceWpm, now }, name, share }: { coached: Coached; name: string; share: Aim }) {
  return (
    <dl className="flex min-w-0 flex-1 items-center justify-between gap-3 px-3 py-1.5 text-sm lg:w-136 xl:w-164 lg:flex-none lg:gap-6">
      <Figure label={words.share} className="min-w-0 flex-1">
        {sharePercent === null ? <Unknown /> : <ShareBar percent={sharePercent} name={name} aim={share} />}
      </Figure>
      <Figure label={words.pace} className="w-18 sm:w-34">
        {paceWpm === null ? (
          <Unknown />
        ) : (
          <span className="whitespace-nowrap">
            <span className="font-medium">{paceWpm}</span> <span aria-hidden className="text-ink-soft sm:hidden">{words.perMinute}</span>
            <span className="text-ink-soft max-sm:sr-only">{words.wordsPerMinute}</span>
          </span>
        )}
      </Figure>
      <Figure label={words.now} className="w-22 sm:w-32">
        {now === null ? <Unknown /> : <NowShown now={now} name={name} />}
      </Figure>
    </dl>
  );
}

function Figure({ label, className, children }: { label: string; className: string; children: ReactNode }) {
  return (
    <div className={classes("flex flex-col", className)}>
      <dt className="text-xs text-ink-soft">{label}</dt>
      <dd className="leading-5">{children}</dd>
    </div>
  );
}

/** Not 0: nothing can be told yet. */
function Unknown() {
  return (
    <span className="text-ink-soft">
      <span aria-hidden>–</span>
      <span className="sr-only">{words.unknown}</span>
    </span>
  );
}

/** The talk of both as one bar, the rep's first, with marks where the share should lie. */
function ShareBar({ percent, name, aim }: { percent: number; name: string; aim: Aim }) {
  const marks = [aim.min, aim.max].filter((mark) => mark !== null);
  return (
    <span className="flex items-center gap-2">
      <bdi className="font-medium whitespace-nowrap text-rep">{words.percent(percent)}</bdi>
      <span aria-hidden className="relative flex h-2 min-w-8 flex-1 gap-0.5 max-[22rem]:hidden">
        <span className="rounded-s-full bg-rep transition-[inline-size] duration-150" style={{ inlineSize: `${percent}%` }} />
        <span className="flex-1 rounded-e-full bg-persona" />
        {marks.map((mark) => (
          <span key={mark} className="absolute -inset-y-1 w-0.5 rounded-full bg-ink" style={{ insetInlineStart: `${100 * mark}%` }} />
        ))}
      </span>
      <bdi className="font-medium whitespace-nowrap text-persona max-sm:hidden">{words.shareOf(name, 100 - percent)}</bdi>
    </span>
  );
}

function NowShown({ now, name }: { now: Now; name: string }) {
  const Icon = now.who === "nobody" ? CirclePause : now.who === "rep" ? Mic : AudioLines;
  const colour = now.who === "nobody" ? "text-ink" : now.who === "rep" ? "text-rep" : "text-persona";
  return (
    <span className={classes("flex items-center gap-1.5", colour)}>
      <Icon aria-hidden className="size-4 shrink-0 max-sm:hidden" />
      <span className="truncate font-medium">{now.who === "persona" ? name : words.nowOf(now.who, now.seconds)}</span>
    </span>
  );
}
