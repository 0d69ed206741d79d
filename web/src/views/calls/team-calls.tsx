import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Headphones, Search, Users } from "lucide-react";
import { useId } from "react";
import { Link, useSearchParams } from "react-router";

import { callsQuery, recentCallsQuery, type CallSummary } from "../../api/calls";
import { useMe } from "../../shell/session";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { PageHeading } from "../../ui/heading";
import { Notice } from "../../ui/notice";
import { Empty, Failed, Loading, tell } from "../../ui/states";
import { isNarrowed } from "./call-filters";
import { CallRow, CallRows, CallRowsLoading } from "./call-row";
import { readTeamChoice, teamFiltersOf, withTeamChoice, type TeamChoice } from "./team-choice";
import { TeamFilters } from "./team-filters";

const words = strings.manage.calls;

/** More than anybody listens to; the rest of them stand in the list below. */
const LIVE_SHOWN = 20;

/** The calls of others: those of a manager's teams, or of the whole org. */
export default function TeamCalls() {
  const me = useMe();
  const [address, setAddress] = useSearchParams();
  const choice = readTeamChoice(address);
  const change = (changes: Partial<TeamChoice>) => setAddress(withTeamChoice(address, changes), { replace: true });
  const clear = () => setAddress({}, { replace: true });
  const intro = me.role === "hr" ? words.introHr : me.role === "manager" ? words.introManager : words.introOrg;
  return (
    <div className="flex flex-col gap-6">
      <PageHeading title={words.title}>{intro}</PageHeading>
      <TeamFilters choice={choice} onChange={change} onClear={clear} />
      <Live choice={choice} />
      <List choice={choice} onClear={clear} />
    </div>
  );
}

/** Calls that run now; nothing where there are none. */
function Live({ choice }: { choice: TeamChoice }) {
  const id = useId();
  const isWanted = choice.status === "" || choice.status === "live";
  const live = useQuery({
    ...recentCallsQuery({ ...teamFiltersOf(choice), status: "live" }, LIVE_SHOWN),
    enabled: isWanted,
    refetchInterval: 5000,
  });
  const calls = live.data ?? [];
  if (!isWanted || calls.length === 0) return null;
  return (
    <section aria-labelledby={id} className="flex flex-col gap-2">
      <h2 id={id} className="text-sm font-semibold">
        {words.live}
      </h2>
      <CallRows label={words.live}>
        {calls.map((call) => (
          <TeamRow key={call.id} call={call} />
        ))}
      </CallRows>
    </section>
  );
}

function List({ choice, onClear }: { choice: TeamChoice; onClear: () => void }) {
  const query = useInfiniteQuery(callsQuery(teamFiltersOf(choice)));
  if (query.isPending) {
    return (
      <Loading>
        <CallRowsLoading count={8} />
      </Loading>
    );
  }
  if (query.data === undefined) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const all = query.data.pages.flatMap((page) => page.calls);
  // Those that run stand above.
  const calls = all.filter(({ status }) => status !== "live");
  if (all.length === 0) return isNarrowed(choice) ? <NoneFit onClear={onClear} /> : <NoneYet />;
  return (
    <div className="flex flex-col items-center gap-4">
      {0 < calls.length && (
        <div className="w-full">
          <CallRows label={words.list}>
            {calls.map((call) => (
              <TeamRow key={call.id} call={call} />
            ))}
          </CallRows>
        </div>
      )}
      {query.isFetchNextPageError && <Notice tone="bad">{tell(query.error)}</Notice>}
      {query.hasNextPage && (
        <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </div>
  );
}

/** A call, and the way to it for those who may know what was said. */
function TeamRow({ call }: { call: CallSummary }) {
  const me = useMe();
  const isLive = call.status === "live";
  const isHeld = call.status === "completed" || call.status === "sealing" || call.status === "failed";
  if (me.role === "hr") return <CallRow call={call} showsPerson />;
  if (!isLive) return <CallRow call={call} showsPerson to={isHeld ? `/calls/${call.id}` : undefined} />;
  const isOwn = call.user.id === me.id;
  const actions = !isOwn && (
    <Button asChild look="primary">
      <Link to={`/calls/${call.id}/listen`} aria-label={words.listenTo(call.user.name)}>
        <Headphones aria-hidden className="size-4" />
        {words.listen}
      </Link>
    </Button>
  );
  return <CallRow call={call} showsPerson actions={actions} />;
}

function NoneYet() {
  const { title, text } = words.empty;
  return (
    <Empty icon={<Users aria-hidden />} title={title}>
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
