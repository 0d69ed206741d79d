import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import type { Speaker } from "../../protocol/messages";
import { formatClock } from "../../format";
import { strings } from "../../strings";
import { Empty } from "../../ui/states";
import { answersOf, grouped, type Answer, type AnswerGroup } from "./latency";
import { MomentList } from "./moment-list";
import { nameOf, useReviewing } from "./reviewing";
import { formatLength } from "./units";
import { Waterfalls } from "./waterfalls";

const words = strings.review.timing;

/** More bars than that are hairs. */
const MOST_BARS = 60;

/** How long each side took to answer, over the call. */
export default function Timing() {
  const { reviewed } = useReviewing();
  const answers = answersOf(reviewed.record, reviewed.computed?.result ?? null);
  if (answers.length === 0) return <Empty title={words.empty.title}>{words.empty.text}</Empty>;
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-col gap-1 px-2">
        <h2 className="text-sm font-semibold">{words.title}</h2>
        <p className="text-sm text-ink-soft">{words.text}</p>
      </div>
      <Side speaker="persona" answers={answers} />
      <Side speaker="rep" answers={answers} />
      <Waterfalls />
      <All answers={answers} />
    </div>
  );
}

function Side({ speaker, answers }: { speaker: Speaker; answers: readonly Answer[] }) {
  const { reviewed, listen } = useReviewing();
  const own = answers.filter((answer) => answer.speaker === speaker);
  if (own.length === 0) return null;
  const groups = grouped(own, reviewed.durationMs, MOST_BARS);
  const isGrouped = groups.length < own.length;
  const bars = groups.map((group) => ({ ...group, seconds: group.median_ms / 1000, at: formatClock(group.from_ms) }));
  const colour = `var(--color-${speaker})`;
  const ink = { fill: "var(--color-ink-soft)", fontSize: 11 };
  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4 px-2 text-sm">
        <span className={speaker === "rep" ? "font-semibold text-rep" : "font-semibold text-persona"}>{nameOf(speaker, reviewed.names)}</span>
        <Summary speaker={speaker} answers={own} />
      </figcaption>
      <div aria-hidden dir="ltr" className="h-40 [&_*]:outline-none">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={bars} accessibilityLayer={false} margin={{ top: 4, right: 8, bottom: 0, left: 0 }}>
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis dataKey="at" tick={ink} tickLine={false} stroke="var(--color-line)" minTickGap={32} />
            <YAxis tick={ink} tickLine={false} axisLine={false} width={52} unit=" s" />
            <ReferenceLine y={0} stroke="var(--color-line-strong)" />
            <Tooltip isAnimationActive={false} cursor={{ fill: "var(--color-hover)" }} content={({ payload }) => <Tip group={groupOf(payload)} />} />
            <Bar dataKey="seconds" fill={colour} isAnimationActive={false} maxBarSize={20} radius={2} onClick={(_, at) => listen(bars[at]?.from_ms ?? 0)} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      {isGrouped && <p className="px-2 text-xs text-ink-soft">{words.grouped(formatLength(Math.ceil(reviewed.durationMs / MOST_BARS)))}</p>}
    </figure>
  );
}

/** What a chart says of the bar under the mouse. */
const groupOf = (payload: readonly { payload?: unknown }[] | undefined): AnswerGroup | null => {
  const group = payload?.[0]?.payload;
  return typeof group === "object" && group !== null && "median_ms" in group ? (group as AnswerGroup) : null;
};

function Tip({ group }: { group: AnswerGroup | null }) {
  if (group === null) return null;
  return (
    <div className="rounded-md border border-line bg-raised px-2 py-1 text-xs shadow-raised">
      {formatClock(group.from_ms)} · {tookOf(group.median_ms)}
    </div>
  );
}

function Summary({ speaker, answers }: { speaker: Speaker; answers: readonly Answer[] }) {
  const { computed } = useReviewing().reviewed;
  const of = (name: string) => computed?.result.number(`${speaker}.response_ms.${name}`) ?? null;
  const longest = answers.reduce((most, { wait_ms }) => Math.max(most, wait_ms), 0);
  const parts: [string, number | null][] = [
    [words.median, of("median")],
    [words.p90, of("p90")],
    [words.longest, longest],
  ];
  return (
    <span className="flex flex-wrap gap-x-3 text-xs text-ink-soft">
      {parts.map(([label, ms]) => ms !== null && <span key={label}>{`${label} ${formatLength(ms)}`}</span>)}
    </span>
  );
}

function All({ answers }: { answers: readonly Answer[] }) {
  const { names } = useReviewing().reviewed;
  const moments = answers.map(({ speaker, at_ms, wait_ms }) => ({
    key: `${speaker}-${at_ms}`,
    at_ms,
    text: `${nameOf(speaker, names)} ${tookOf(wait_ms)}`,
  }));
  return (
    <section className="flex flex-col gap-1">
      <h2 className="px-2 text-xs font-semibold text-ink-soft">{words.table}</h2>
      <MomentList moments={moments} />
    </section>
  );
}

const tookOf = (ms: number): string => (ms < 0 ? words.overlap(formatLength(-ms)) : words.wait(formatLength(ms)));
