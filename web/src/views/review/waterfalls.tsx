import { formatClock } from "../../format";
import { strings } from "../../strings";
import { MomentList } from "./moment-list";
import { useReviewing } from "./reviewing";
import { formatLength } from "./units";
import { lengthOf, medianOf, shownParts, waterfallsOf, type Part, type Waterfall } from "./waterfall";

const words = strings.review.timing.waterfall;

/** A part's colour; its name stands beside it in the legend, and its number in the table. */
const COLOURS: Record<Part, string> = {
  wait: "bg-line-strong",
  again: "bg-warn",
  text: "bg-accent",
  chunk: "bg-accent-strong",
  voice: "bg-persona",
  own: "bg-ink",
};

/** What each of the buyer's answers was made of. Nothing where the record does not tell. */
export function Waterfalls() {
  const { reviewed } = useReviewing();
  const all = waterfallsOf(reviewed.record);
  if (all.length === 0) return null;
  const parts = shownParts(all);
  const longest = all.reduce((most, one) => Math.max(most, lengthOf(one)), 1);
  const moments = all.map((one) => ({ key: String(one.at_ms), at_ms: one.at_ms, text: <Bar of={one} parts={parts} longest={longest} /> }));
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-col gap-1 px-2">
        <h2 className="text-sm font-semibold">{words.title}</h2>
        <p className="text-sm text-ink-soft">{words.text}</p>
      </div>
      <Medians all={all} parts={parts} />
      <MomentList moments={moments} />
      <Table all={all} parts={parts} />
    </section>
  );
}

/** The legend, with the middle value of each part. */
function Medians({ all, parts }: { all: readonly Waterfall[]; parts: readonly Part[] }) {
  const rows = parts.map((part) => ({ name: words.parts[part], colour: COLOURS[part], ms: medianOf(all.map((one) => one.parts[part])) }));
  const rest = [
    { name: words.recogniser, colour: null, ms: medianOf(all.map(({ recogniser_ms }) => recogniser_ms)) },
    { name: words.total, colour: null, ms: medianOf(all.map(({ total_ms }) => total_ms)) },
  ];
  return (
    <dl aria-label={words.medians} className="flex flex-col gap-1 px-2 text-sm">
      {[...rows, ...rest].map(
        ({ name, colour, ms }) =>
          ms !== null && (
            <div key={name} className="flex items-baseline gap-2">
              <span aria-hidden className={`size-2.5 shrink-0 rounded-sm ${colour ?? ""}`} />
              <dt className="min-w-0 flex-1 text-ink-soft">{name}</dt>
              <dd>{formatLength(ms)}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Bar({ of, parts, longest }: { of: Waterfall; parts: readonly Part[]; longest: number }) {
  const { total_ms } = of;
  return (
    <span className="flex items-center gap-3">
      <span aria-hidden className="flex h-3 min-w-0 flex-1 gap-px">
        {parts.map((part) => {
          const ms = of.parts[part] ?? 0;
          return 0 < ms && <span key={part} className={`h-full min-w-px shrink-0 rounded-sm ${COLOURS[part]}`} style={{ width: `${(ms / longest) * 96}%` }} />;
        })}
      </span>
      <span className="w-16 shrink-0 text-end text-xs">
        {total_ms === null ? <span className="text-ink-faint">{words.opening}</span> : formatLength(total_ms)}
      </span>
    </span>
  );
}

function Table({ all, parts }: { all: readonly Waterfall[]; parts: readonly Part[] }) {
  const cell = "px-2 py-1 text-end whitespace-nowrap";
  const length = (ms: number | null) => (ms === null ? words.absent : formatLength(ms));
  return (
    <details className="px-2">
      <summary className="flex min-h-11 items-center text-sm text-accent sm:min-h-8">{words.table}</summary>
      <div className="overflow-x-auto">
        <table aria-label={words.title} className="w-full text-xs">
          <thead>
            <tr className="border-b border-line text-ink-soft">
              {[words.at, words.total, ...parts.map((part) => words.parts[part]), words.recogniser].map((name) => (
                <th key={name} scope="col" className="px-2 py-1 text-end align-bottom font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={one.at_ms} className="border-b border-line">
                <th scope="row" className={`${cell} font-medium`}>
                  {formatClock(one.at_ms)}
                </th>
                <td className={cell}>{length(one.total_ms)}</td>
                {parts.map((part) => (
                  <td key={part} className={cell}>
                    {length(one.parts[part])}
                  </td>
                ))}
                <td className={cell}>{length(one.recogniser_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
