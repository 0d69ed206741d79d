import { Check, ChevronDown, Gauge, Minus, TriangleAlert } from "lucide-react";
import { useState } from "react";

import { strings } from "../../strings";
import { Badge } from "../../ui/badge";
import { Empty } from "../../ui/states";
import { KPI_GROUPS, KPIS, momentsOf, type Kpi } from "./catalogue";
import type { KpiResult } from "./kpis";
import { MomentList } from "./moment-list";
import { textOfMoment } from "./moment-text";
import { NumberGroup } from "./number-group";
import { useReviewing } from "./reviewing";
import { ScenarioNumbers } from "./scenario-numbers";
import { formatTarget, formatValue } from "./units";

const words = strings.review.numbers;

/** Every number of the call: its value, what it should be, and one press away its formula and its moments. */
export function Numbers() {
  const { computed, isComputing } = useReviewing().reviewed;
  if (computed === null) {
    if (!isComputing) return <Empty icon={<Gauge aria-hidden />} title={words.none} />;
    return (
      <Empty icon={<Gauge aria-hidden />} title={words.notYet.title}>
        {words.notYet.text}
      </Empty>
    );
  }
  const { result } = computed;
  const aims = KPIS.filter(({ path }) => result.target(path) !== null);
  return (
    <div className="flex flex-col gap-6">
      {0 < aims.length && <Group title={words.groups.aims} kpis={aims} result={result} />}
      <ScenarioNumbers result={result} />
      {KPI_GROUPS.map(({ name, kpis }) => (
        <Group key={name} title={words.groups[name]} kpis={kpis} result={result} />
      ))}
      <p className="text-xs text-ink-faint">{words.version(computed.version)}</p>
    </div>
  );
}

function Group({ title, kpis, result }: { title: string; kpis: readonly Kpi[]; result: KpiResult }) {
  const printed = kpis.filter(({ path }) => result.number(path) !== undefined);
  if (printed.length === 0) return null;
  return (
    <NumberGroup title={title}>
      {printed.map((kpi) => (
        <Row key={kpi.path} kpi={kpi} result={result} />
      ))}
    </NumberGroup>
  );
}

function Row({ kpi, result }: { kpi: Kpi; result: KpiResult }) {
  // Moments of a long call are many: they are made when somebody asks for them.
  const [isOpen, setIsOpen] = useState(false);
  const { label = kpi.path } = strings.review.kpis[kpi.path] ?? {};
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)} className="group">
      <summary className="flex min-h-11 list-none flex-wrap items-center gap-x-3 gap-y-0.5 px-2 py-1.5 hover:bg-hover sm:min-h-9 [&::-webkit-details-marker]:hidden">
        <ChevronDown aria-hidden className="size-4 shrink-0 -rotate-90 text-ink-faint transition-transform duration-100 group-open:rotate-0 rtl:rotate-90" />
        <span className="min-w-0 flex-1 text-sm">{label}</span>
        <Value kpi={kpi} result={result} />
        <Aim kpi={kpi} result={result} />
      </summary>
      {isOpen && <Behind kpi={kpi} result={result} />}
    </details>
  );
}

function Value({ kpi, result }: { kpi: Kpi; result: KpiResult }) {
  const value = result.number(kpi.path);
  if (typeof value === "number") return <span className="text-sm font-semibold">{formatValue(kpi.unit, value)}</span>;
  return <span className="text-end text-sm text-ink-soft">{words.reasons[result.reason(kpi.path) ?? ""] ?? words.noReason}</span>;
}

function Aim({ kpi, result }: { kpi: Kpi; result: KpiResult }) {
  const target = result.target(kpi.path);
  if (target === null) return null;
  return (
    <span className="flex w-full items-center justify-end gap-2 ps-7 text-xs text-ink-soft">
      {words.target(formatTarget(kpi.unit, target))}
      {target.met === true && (
        <Badge tone="good">
          <Check aria-hidden className="size-3" />
          {words.met}
        </Badge>
      )}
      {target.met === false && (
        <Badge tone="warn">
          <Minus aria-hidden className="size-3" />
          {words.missed}
        </Badge>
      )}
    </span>
  );
}

function Behind({ kpi, result }: { kpi: Kpi; result: KpiResult }) {
  const { reviewed } = useReviewing();
  const moments = momentsOf(kpi, result);
  const caution = words.reasons[result.caution(kpi.path) ?? ""] ?? cautionWithValue(kpi, result);
  const { formula = "" } = strings.review.kpis[kpi.path] ?? {};
  return (
    <div className="flex flex-col gap-2 ps-9 pe-2 pb-3 text-sm">
      <p className="text-ink-soft">{formula}</p>
      {caution !== undefined && (
        <p className="flex items-start gap-1.5 text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {caution}
        </p>
      )}
      {kpi.path === "rep.wpm" && <ByMinute result={result} />}
      <MomentList
        moments={moments.map((moment, at) => ({ key: String(at), at_ms: moment.at_ms, text: textOfMoment(moment, reviewed.record) }))}
      />
      <code className="text-xs text-ink-faint">{kpi.path}</code>
    </div>
  );
}

/** A number that is there may have a reason as well: only one side spoke. */
function cautionWithValue(kpi: Kpi, result: KpiResult): string | undefined {
  return typeof result.number(kpi.path) === "number" ? words.reasons[result.reason(kpi.path) ?? ""] : undefined;
}

function ByMinute({ result }: { result: KpiResult }) {
  const paces = result.numbers("rep.pace_by_minute");
  const moments = paces.map((pace, minute) => ({
    key: String(minute),
    at_ms: minute * 60_000,
    text: `${words.minute(minute + 1)}: ${pace === null ? words.noReason : formatValue("words_per_min", pace)}`,
  }));
  return <MomentList moments={moments} />;
}
