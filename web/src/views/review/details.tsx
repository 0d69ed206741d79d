import { Copy } from "lucide-react";
import type { ReactNode } from "react";

import { formatDateTime } from "../../format";
import { strings } from "../../strings";
import { IconButton } from "../../ui/button";
import { useReviewing } from "./reviewing";
import { formatLength } from "./units";

const words = strings.review.details;

const ENGINES: Partial<Record<string, string>> = { stt: words.stt, llm: words.llm, tts: words.tts };

type Line = [name: ReactNode, value: ReactNode];

/** What the call was made with: versions, engines, ids, its clock. */
export function Details() {
  const { callId, scenario, names, connectedAt, endedAt, durationMs, engines, record, computed } = useReviewing().reviewed;
  const { scenario_version, prompt_hash } = record.served_by;
  const version = scenario_version === null ? "" : `, ${words.version(scenario_version)}`;
  const call: Line[] = [
    ...(callId === null ? [] : [[words.id, <Copied key="id" what={words.id} text={callId} />] as Line]),
    [words.scenario, `${scenario.title}${version}`],
    [words.rep, names.rep],
    ...(connectedAt === null ? [] : [[words.connected, formatDateTime(connectedAt)] as Line]),
    ...(endedAt === null ? [] : [[words.ended, formatDateTime(endedAt)] as Line]),
    [words.length, formatLength(durationMs)],
    [words.clock, words.clockText],
  ];
  const speech: Line[] = [
    ...engines.map(([what, name]): Line => [ENGINES[what] ?? what, name]),
    ...(record.language === null ? [] : [[words.language, record.language] as Line]),
    ...(prompt_hash === null ? [] : [[words.promptHash, <Copied key="hash" what={words.promptHash} text={prompt_hash} />] as Line]),
  ];
  const formulas: Line[] =
    computed === null
      ? []
      : [
          [words.formulas, computed.version],
          [words.transcriptVersion, words.transcriptIs(computed.transcriptVersion)],
          [words.computed, formatDateTime(computed.computedAt)],
        ];
  return (
    <div className="flex flex-col gap-6">
      <Lines title={words.call} lines={call} />
      <Lines title={words.engines} lines={speech} />
      {computed && <Lines title={words.formulas} lines={formulas} />}
      {computed && <Lines title={words.thresholds} lines={computed.result.params().map(([name, value]): Line => [<code key={name}>{name}</code>, value])} />}
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: Line[] }) {
  return (
    <section className="flex flex-col gap-1">
      <h2 className="px-2 text-xs font-semibold text-ink-soft">{title}</h2>
      <dl className="divide-y divide-line rounded-md border border-line bg-surface text-sm">
        {lines.map(([name, value], at) => (
          <div key={at} className="grid gap-x-4 px-3 py-2 sm:grid-cols-[9rem_1fr]">
            <dt className="text-ink-soft">{name}</dt>
            <dd className="min-w-0 wrap-break-word">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Copied({ what, text }: { what: string; text: string }) {
  return (
    <span className="flex items-center justify-between gap-2">
      <code className="min-w-0 text-xs break-all">{text}</code>
      <IconButton label={words.copy(what)} className="-my-2" onClick={() => void navigator.clipboard.writeText(text)}>
        <Copy aria-hidden />
      </IconButton>
    </span>
  );
}
