import { Check, Minus } from "lucide-react";

import { formatClock } from "../../format";
import { strings } from "../../strings";
import type { KpiResult } from "./kpis";
import { NumberGroup } from "./number-group";
import { useReviewing } from "./reviewing";
import { formatTag } from "./units";

const words = strings.review.numbers;

interface Line {
  key: string;
  text: string;
  outcome: string;
  isDone: boolean;
  at_ms: number | null;
}

/** What the scenario asks for, and what came of it: phrases, objections, goals, facts. */
export function ScenarioNumbers({ result }: { result: KpiResult }) {
  const { record } = useReviewing().reviewed;
  const forms = new Map(record.required_phrases.map(({ id, any_of }) => [id, any_of[0]]));
  const goals = result.list("scenario.goals").map((goal): Line => {
    const at_ms = goal.number("reached_at_ms");
    const tag = goal.text("tag") ?? "";
    return { key: tag, text: formatTag(tag), outcome: at_ms === null ? words.notReached : words.reached, isDone: at_ms !== null, at_ms };
  });
  const objections = result.list("scenario.objections").map((objection): Line => {
    const [raised, satisfied] = [objection.number("raised_at_ms"), objection.number("satisfied_at_ms")];
    const outcome = raised === null ? words.notRaised : satisfied === null ? words.open : words.satisfied(objection.number("turns_to_satisfy") ?? 0);
    const tag = objection.text("tag") ?? "";
    return { key: tag, text: formatTag(tag), outcome, isDone: satisfied !== null, at_ms: raised };
  });
  const phrases = result.list("scenario.required_phrases").map((phrase): Line => {
    const id = phrase.text("id") ?? "";
    const isDone = phrase.is("hit");
    return { key: id, text: forms.get(id) ?? formatTag(id), outcome: isDone ? words.said : words.notSaid, isDone, at_ms: phrase.number("at_ms") };
  });
  const facts = result.list("scenario.facts_revealed").map((fact): Line => {
    const tag = fact.text("tag") ?? "";
    return { key: tag, text: formatTag(tag), outcome: "", isDone: true, at_ms: fact.number("at_ms") };
  });
  return (
    <>
      <Lines title={words.goals} lines={goals} />
      <Lines title={words.objections} lines={objections} />
      <Lines title={words.phrases} lines={phrases} />
      <Lines title={words.facts} lines={facts} />
    </>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly Line[] }) {
  if (lines.length === 0) return null;
  return (
    <NumberGroup title={title}>
      {lines.map((line) => (
        <LineRow key={line.key} line={line} />
      ))}
    </NumberGroup>
  );
}

function LineRow({ line }: { line: Line }) {
  const { listen } = useReviewing();
  const { text, outcome, isDone, at_ms } = line;
  const Icon = isDone ? Check : Minus;
  const content = (
    <>
      <Icon aria-hidden className={isDone ? "size-4 shrink-0 text-good" : "size-4 shrink-0 text-ink-faint"} />
      <span className="min-w-0 flex-1">{text}</span>
      <span className="text-ink-soft">{outcome}</span>
      {at_ms !== null && <span className="w-10 text-end text-xs text-ink-faint">{formatClock(at_ms)}</span>}
    </>
  );
  const look = "flex min-h-11 w-full items-center gap-3 px-2 py-1.5 text-start text-sm sm:min-h-9";
  if (at_ms === null) return <div className={look}>{content}</div>;
  return (
    <button type="button" className={`${look} hover:bg-hover`} onClick={() => listen(at_ms)}>
      {content}
    </button>
  );
}
