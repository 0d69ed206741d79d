import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";

import type { CallSummary } from "../../api/calls";
import { scenariosQuery } from "../../api/scenarios";
import { formatAgo, formatClock } from "../../format";
import { useMe } from "../../shell/session";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { PageHeading } from "../../ui/heading";
import { Failed, Loading, Skeleton } from "../../ui/states";
import { CallRows, CallRowsLoading } from "../calls/call-row";
import { outcomeOf } from "../calls/outcome";
import { OwnCallRow } from "../calls/own-call-row";
import { lastCallsQuery } from "./ahead";
import { fromEasy } from "./library";
import { Library } from "./library-list";

const words = strings.practice;

/** Where a rep begins: what to practise, and what was practised last. */
export default function Practice() {
  const me = useMe();
  const recent = useQuery(lastCallsQuery(me.id));
  const last = recent.data?.find(({ status }) => status !== "never_connected");
  return (
    <div className="flex flex-col gap-8">
      <PageHeading title={words.title}>{words.intro}</PageHeading>
      {recent.isPending ? <Skeleton className="h-44 rounded-lg sm:h-29" /> : last ? <LastCall call={last} /> : recent.data && <FirstCall />}
      <Library />
      <section aria-labelledby="recent" className="flex flex-col gap-3">
        <div className="flex items-center justify-between gap-3">
          <h2 id="recent" className="text-lg font-semibold">
            {words.recent.title}
          </h2>
          <Link to="/calls" className="flex min-h-11 items-center text-sm font-medium text-accent-strong hover:underline sm:min-h-9">
            {words.recent.all}
          </Link>
        </div>
        <Recent query={recent} />
      </section>
    </div>
  );
}

/** What leads to the next call: where from, and the way there. */
function Next({ label, title, told, children }: { label: string; title: string; told: string; children: ReactNode }) {
  return (
    <section aria-labelledby="next" className="flex flex-wrap items-center justify-between gap-x-6 gap-y-4 rounded-lg border border-line bg-surface p-4 sm:p-5">
      <div className="min-w-0">
        <h2 id="next" className="text-sm text-ink-soft">
          {label}
        </h2>
        <p className="text-lg font-semibold">{title}</p>
        <p className="text-sm text-ink-soft">{told}</p>
      </div>
      <div className="flex flex-wrap gap-2 max-sm:w-full max-sm:*:flex-1">{children}</div>
    </section>
  );
}

/** Whom to call first: the easiest. Nothing where there is nobody. */
function FirstCall() {
  const scenarios = useQuery(scenariosQuery).data ?? [];
  const easiest = fromEasy(scenarios)[0];
  if (easiest === undefined) return null;
  return (
    <Next label={words.first.label} title={easiest.title} told={words.first.text}>
      <Button asChild look="primary">
        <Link to={`/practice/${encodeURIComponent(easiest.id)}`}>{words.first.action}</Link>
      </Button>
    </Next>
  );
}

/** The last call, and the way to the next. */
function LastCall({ call }: { call: CallSummary }) {
  const isLive = call.status === "live";
  const scenario = `/practice/${encodeURIComponent(call.scenario.id)}`;
  const told = [
    formatAgo(call.created_at, new Date()),
    outcomeOf(call, true).text,
    ...(typeof call.duration_ms === "number" ? [formatClock(call.duration_ms)] : []),
  ];
  return (
    <Next label={words.again.label} title={call.scenario.title} told={told.join(" · ")}>
      {!isLive && (
        <Button asChild>
          <Link to={`/calls/${call.id}`}>{words.again.see}</Link>
        </Button>
      )}
      <Button asChild look="primary">
        <Link to={isLive ? `${scenario}/call` : scenario}>{isLive ? words.again.goBack : words.again.practise}</Link>
      </Button>
    </Next>
  );
}

interface RecentQuery {
  isPending: boolean;
  data: CallSummary[] | undefined;
  error: unknown;
  refetch: () => Promise<unknown>;
}

function Recent({ query }: { query: RecentQuery }) {
  if (query.isPending) {
    return (
      <Loading>
        <CallRowsLoading count={3} />
      </Loading>
    );
  }
  if (query.data === undefined) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data.length === 0) return <p className="text-sm text-ink-soft">{words.recent.none}</p>;
  return (
    <CallRows label={words.recent.title}>
      {query.data.map((call) => (
        <OwnCallRow key={call.id} call={call} />
      ))}
    </CallRows>
  );
}
