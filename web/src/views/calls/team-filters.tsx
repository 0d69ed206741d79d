import { useQuery } from "@tanstack/react-query";
import { Search, SlidersHorizontal } from "lucide-react";
import { useState } from "react";

import { peopleQuery, teamsQuery } from "../../api/people";
import { scenariosQuery } from "../../api/scenarios";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { classes } from "../../ui/classes";
import { SelectField, TextField } from "../../ui/field";
import { useScope } from "../../ui/use-scope";
import { isNarrowed } from "./call-filters";
import { peopleOf, type TeamChoice } from "./team-choice";

const words = strings.manage.calls.filters;

/** Typing pauses this long before anybody is asked. */
const TYPING_MS = 300;

interface Props {
  choice: TeamChoice;
  onChange: (changes: Partial<TeamChoice>) => void;
  onClear: () => void;
}

/** What the team's list is narrowed to. On phones the search is enough, and the rest is asked for. */
export function TeamFilters({ choice, onChange, onClear }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <form role="search" aria-label={words.label} className="flex flex-col gap-3" onSubmit={(event) => event.preventDefault()}>
      <div className="flex items-end gap-2">
        <div className="flex-1 sm:max-w-80">
          <NameSearch value={choice.q} onChange={(q) => onChange({ q })} />
        </div>
        <Button className="sm:hidden" aria-expanded={isOpen} aria-controls="team-filters" icon={<SlidersHorizontal aria-hidden className="size-4" />} onClick={() => setIsOpen(!isOpen)}>
          {words.open}
        </Button>
        {isNarrowed(choice) && (
          <Button look="quiet" onClick={onClear} className="max-sm:hidden">
            {words.clear}
          </Button>
        )}
      </div>
      <div id="team-filters" className={classes("grid-cols-2 items-end gap-3 sm:grid sm:grid-cols-3 lg:grid-cols-6", isOpen ? "grid" : "max-sm:hidden")}>
        <Choices choice={choice} onChange={onChange} />
        {isNarrowed(choice) && (
          <Button look="quiet" onClick={onClear} className="col-span-2 sm:hidden">
            {words.clear}
          </Button>
        )}
      </div>
    </form>
  );
}

function NameSearch({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState({ value, sent: value });
  // The address changed, and not to what was typed here: somebody cleared it, or went back.
  if (value !== known.value) {
    if (value !== known.sent) setTyped(value);
    setKnown({ value, sent: value });
  }
  const wanted = typed.trim();
  useScope(
    (scope) => {
      if (wanted === known.sent) return;
      scope.after(TYPING_MS, () => {
        setKnown({ ...known, sent: wanted });
        onChange(wanted);
      });
    },
    [wanted, known, onChange],
  );
  return (
    <div className="relative">
      <Search aria-hidden className="pointer-events-none absolute start-3 top-1/2 size-4 -translate-y-1/2 text-ink-faint" />
      <TextField label={words.search} isLabelHidden type="search" placeholder={words.search} maxLength={200} className="ps-9" value={typed} onChange={({ target }) => setTyped(target.value)} />
    </div>
  );
}

function Choices({ choice, onChange }: Pick<Props, "choice" | "onChange">) {
  const teams = useQuery(teamsQuery).data ?? [];
  const people = useQuery(peopleQuery).data ?? [];
  const scenarios = useQuery(scenariosQuery).data ?? [];
  return (
    <>
      <SelectField label={words.team} value={choice.team} onChange={({ target }) => onChange({ team: target.value, person: "" })}>
        <option value="">{words.allTeams}</option>
        {teams.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField label={words.person} value={choice.person} onChange={({ target }) => onChange({ person: target.value })}>
        <option value="">{words.everybody}</option>
        {peopleOf(people, choice.team).map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField label={words.scenario} value={choice.scenario} onChange={({ target }) => onChange({ scenario: target.value })}>
        <option value="">{words.allScenarios}</option>
        {scenarios.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </SelectField>
      <SelectField label={words.status} value={choice.status} onChange={({ target }) => onChange({ status: target.value as TeamChoice["status"] })}>
        <option value="">{words.anyStatus}</option>
        {Object.entries(strings.practice.calls.status).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField label={words.from} type="date" value={choice.from} max={choice.to || undefined} onChange={({ target }) => onChange({ from: target.value })} />
      <TextField label={words.to} type="date" value={choice.to} min={choice.from || undefined} onChange={({ target }) => onChange({ to: target.value })} />
    </>
  );
}
