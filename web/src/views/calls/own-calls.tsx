import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { History, Search } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { callsQuery } from "../../api/calls";
import { scenariosQuery } from "../../api/scenarios";
import { useMe } from "../../shell/session";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { SelectField, TextField } from "../../ui/field";
import { PageHeading } from "../../ui/heading";
import { Empty, Failed, Loading } from "../../ui/states";
import { filtersOf, isNarrowed, readChoice, withChoice, type CallChoice } from "./call-filters";
import { CallRows, CallRowsLoading } from "./call-row";
import { OwnCallRow } from "./own-call-row";

const words = strings.practice.calls;

/** The calls of whoever is signed in. */
export default function OwnCalls() {
  const [address, setAddress] = useSearchParams();
  const choice = readChoice(address);
  const change = (name: keyof CallChoice, value: string) => setAddress(withChoice(address, name, value), { replace: true });
  const clear = () => setAddress({}, { replace: true });
  return (
    <div className="flex flex-col gap-6">
      <PageHeading title={words.title}>{words.intro}</PageHeading>
      <Filters choice={choice} onChange={change} onClear={clear} />
      <List choice={choice} onClear={clear} />
    </div>
  );
}

interface FiltersProps {
  choice: CallChoice;
  onChange: (name: keyof CallChoice, value: string) => void;
  onClear: () => void;
}

function Filters({ choice, onChange, onClear }: FiltersProps) {
  const { filters, status } = words;
  const scenarios = useQuery(scenariosQuery).data ?? [];
  return (
    <form aria-label={filters.label} className="grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap" onSubmit={(event) => event.preventDefault()}>
      <SelectField label={filters.scenario} value={choice.scenario} onChange={({ target }) => onChange("scenario", target.value)}>
        <option value="">{filters.allScenarios}</option>
        {scenarios.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </SelectField>
      <SelectField label={filters.status} value={choice.status} onChange={({ target }) => onChange("status", target.value)}>
        <option value="">{filters.allStatuses}</option>
        {Object.entries(status).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField label={filters.from} type="date" value={choice.from} max={choice.to || undefined} onChange={({ target }) => onChange("from", target.value)} />
      <TextField label={filters.to} type="date" value={choice.to} min={choice.from || undefined} onChange={({ target }) => onChange("to", target.value)} />
      {isNarrowed(choice) && (
        <Button look="quiet" onClick={onClear} className="max-sm:col-span-2">
          {filters.clear}
        </Button>
      )}
    </form>
  );
}

function List({ choice, onClear }: { choice: CallChoice; onClear: () => void }) {
  const me = useMe();
  const query = useInfiniteQuery(callsQuery({ user_id: me.id, ...filtersOf(choice) }));
  if (query.isPending) {
    return (
      <Loading>
        <CallRowsLoading count={6} />
      </Loading>
    );
  }
  if (query.data === undefined) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const calls = query.data.pages.flatMap((page) => page.calls);
  if (calls.length === 0) return isNarrowed(choice) ? <NoneFit onClear={onClear} /> : <NoneYet />;
  return (
    <div className="flex flex-col items-center gap-4">
      <div className="w-full">
        <CallRows label={words.list}>
          {calls.map((call) => (
            <OwnCallRow key={call.id} call={call} />
          ))}
        </CallRows>
      </div>
      {query.isFetchNextPageError && <p role="alert">{words.failedMore}</p>}
      {query.hasNextPage && (
        <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </div>
  );
}

function NoneYet() {
  const { title, text, action } = words.empty;
  const choose = (
    <Button asChild look="primary">
      <Link to="/practice">{action}</Link>
    </Button>
  );
  return (
    <Empty icon={<History aria-hidden />} title={title} action={choose}>
      {text}
    </Empty>
  );
}

function NoneFit({ onClear }: { onClear: () => void }) {
  const { title, text } = words.noneFit;
  return (
    <Empty icon={<Search aria-hidden />} title={title} action={<Button onClick={onClear}>{words.filters.clear}</Button>}>
      {text}
    </Empty>
  );
}
