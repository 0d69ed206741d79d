import { useQuery } from "@tanstack/react-query";
import { BookOpen, Search } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { scenariosQuery, type Scenario } from "../../api/scenarios";
import { formatLanguage } from "../../format";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { Difficulty } from "../../ui/difficulty";
import { SelectField } from "../../ui/field";
import { Monogram } from "../../ui/monogram";
import { Empty, Failed, Loading, Skeleton } from "../../ui/states";
import { fitting, optionsOf, readLibrary, trainedBy, type LibraryChoice, type Option } from "./library";

const words = strings.practice.library;

const GRID = "grid gap-3 sm:grid-cols-2 sm:gap-4 lg:grid-cols-3";

/** Everybody who can be called. */
export function Library() {
  const query = useQuery(scenariosQuery);
  return (
    <section aria-labelledby="library" className="flex flex-col gap-3">
      <h2 id="library" className="text-lg font-semibold">
        {words.title}
      </h2>
      {query.isPending ? <LibraryLoading /> : query.data === undefined ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : <Shelf scenarios={query.data} />}
    </section>
  );
}

function Shelf({ scenarios }: { scenarios: Scenario[] }) {
  const [address, setAddress] = useSearchParams();
  const choice = readLibrary(address);
  const shown = fitting(scenarios, choice);
  const clear = () => setAddress({}, { replace: true });
  const change = (name: keyof LibraryChoice, value: string) => {
    const changed = new URLSearchParams(address);
    if (value === "") changed.delete(name);
    else changed.set(name, value);
    setAddress(changed, { replace: true });
  };
  if (scenarios.length === 0) {
    return (
      <Empty icon={<BookOpen aria-hidden />} title={words.empty.title}>
        {words.empty.text}
      </Empty>
    );
  }
  return (
    <>
      <Filters scenarios={scenarios} choice={choice} onChange={change} onClear={clear} />
      <p role="status" className="sr-only">
        {words.count(shown.length, scenarios.length)}
      </p>
      {shown.length === 0 ? (
        <Empty icon={<Search aria-hidden />} title={words.noneFit.title} action={<Button onClick={clear}>{words.clear}</Button>}>
          {words.noneFit.text}
        </Empty>
      ) : (
        <ul className={GRID}>
          {shown.map((scenario) => (
            <Card key={scenario.id} scenario={scenario} />
          ))}
        </ul>
      )}
    </>
  );
}

interface FiltersProps {
  scenarios: Scenario[];
  choice: LibraryChoice;
  onChange: (name: keyof LibraryChoice, value: string) => void;
  onClear: () => void;
}

function Filters({ scenarios, choice, onChange, onClear }: FiltersProps) {
  const options = optionsOf(scenarios);
  const named = (values: string[], name: (value: string) => string) => values.map((value) => ({ value, name: name(value) }));
  const fields: [keyof LibraryChoice, string, string, Option[], (value: string) => string][] = [
    ["difficulty", words.difficulty, words.anyDifficulty, named(options.difficulties, strings.practice.difficulty), strings.practice.difficulty],
    ["language", words.language, words.anyLanguage, named(options.languages, formatLanguage), formatLanguage],
    ["skill", words.skill, words.anySkill, options.skills, (value) => value],
  ];
  // What an address narrows by is shown even where it makes no difference, so that it can be taken back.
  const shown = fields.filter(([name, , , options]) => 0 < options.length || choice[name] !== "");
  if (shown.length === 0) return null;
  return (
    <form aria-label={words.filters} className="grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap" onSubmit={(event) => event.preventDefault()}>
      {shown.map(([name, label, any, options, nameOf]) => (
        <SelectField key={name} label={label} value={choice[name]} onChange={({ target }) => onChange(name, target.value)}>
          <option value="">{any}</option>
          {options.map(({ value, name }) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
          {choice[name] !== "" && !options.some(({ value }) => value === choice[name]) && <option value={choice[name]}>{nameOf(choice[name])}</option>}
        </SelectField>
      ))}
      {shown.some(([name]) => choice[name] !== "") && (
        <Button look="quiet" onClick={onClear}>
          {words.clear}
        </Button>
      )}
    </form>
  );
}

/** Who is called, how hard it is, in which language, and what it trains. */
function Card({ scenario }: { scenario: Scenario }) {
  const trained = trainedBy(scenario);
  return (
    <li className="relative flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 transition-colors duration-100 hover:border-line-strong">
      <div className="flex items-start gap-3">
        <Monogram name={scenario.persona.name} of="persona" className="size-11 text-base" />
        <div className="min-w-0">
          <h3 className="font-semibold">
            <Link to={`/practice/${encodeURIComponent(scenario.id)}`} className="after:absolute after:inset-0 after:rounded-lg">
              {scenario.title}
            </Link>
          </h3>
          <p className="text-sm text-ink-soft">{strings.practice.role(scenario.persona.role)}</p>
        </div>
      </div>
      {0 < trained.length && (
        <div className="text-sm">
          <span className="text-ink-faint">{words.trains}</span>
          <ul className="mt-1 flex flex-wrap gap-1.5">
            {trained.map((skill) => (
              <li key={skill} className="rounded-sm bg-sunken px-1.5 py-0.5 text-xs font-medium text-ink-soft">
                {skill}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="mt-auto flex items-center justify-between gap-3 border-t border-line pt-3">
        <Difficulty of={scenario.difficulty} />
        <span className="text-sm text-ink-soft">{formatLanguage(scenario.language)}</span>
      </div>
    </li>
  );
}

function LibraryLoading() {
  return (
    <Loading>
      <div className={GRID}>
        {Array.from({ length: 3 }, (_, card) => (
          <Skeleton key={card} className="h-52" />
        ))}
      </div>
    </Loading>
  );
}
