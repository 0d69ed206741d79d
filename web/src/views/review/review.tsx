import { usePrefetchQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useMemo } from "react";
import { Link, useParams } from "react-router";

import { Refused } from "../../api/client";
import { scenarioQuery } from "../../api/scenarios";
import { Malformed } from "../../protocol/reading";
import { practises, useMe } from "../../shell/session";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { Empty, Failed } from "../../ui/states";
import { Downloads } from "./downloads";
import { HiddenHeading, ReviewLoading } from "./loading";
import { againAfterMs, callQuery, outlineQuery, recordQuery, type CallShown } from "./queries";
import type { CallRecord } from "./record";
import type { Reviewed } from "./reviewing";
import { ReviewView } from "./review-view";
import { computedOf, enginesOf, playable } from "./shown";
import { Share } from "./share";
import { WaitingView } from "./waiting";

const words = strings.review;

type Completed = Extract<CallShown, { links: unknown }>;

/** What happened in a call. */
export default function Review() {
  const { call: id = "" } = useParams();
  // Most calls that are looked at are completed: what was said is not asked for behind the call, but beside it.
  usePrefetchQuery(recordQuery(id));
  usePrefetchQuery(outlineQuery(id));
  const { data, dataUpdatedAt, error, refetch } = useQuery(callQuery(id));
  if (data !== undefined) return isCompleted(data) ? <Content key={id} call={data} askedAtMs={dataUpdatedAt} /> : <WaitingView call={data} />;
  if (error instanceof Refused && error.status === 404) return <Gone />;
  if (error !== null) return <Broken error={error} onRetry={() => void refetch()} />;
  return <ReviewLoading />;
}

/** Its content is there, and the reader may see it. */
const isCompleted = (call: CallShown): call is Completed => call.status === "completed" && "links" in call;

interface ContentProps {
  call: Completed;
  /** When the server told of it, and made its links. */
  askedAtMs: number;
}

function Content({ call, askedAtMs }: ContentProps) {
  const { data, error, refetch } = useQuery(recordQuery(call.id));
  if (data !== undefined) return <Sealed call={call} askedAtMs={askedAtMs} record={data} />;
  if (error instanceof Malformed) return <Broken error={new Error(words.state.unreadable)} onRetry={() => location.reload()} />;
  if (error !== null) return <Broken error={error} onRetry={() => void refetch()} />;
  return <ReviewLoading title={call.scenario.title} />;
}

function Sealed({ call, askedAtMs, record }: ContentProps & { record: CallRecord }) {
  const me = useMe();
  const queries = useQueryClient();
  const outline = useQuery(outlineQuery(call.id));
  const persona = useQuery(scenarioQuery(call.scenario.id)).data?.persona.name;
  const isOwn = me.id === call.user.id;
  const reviewed = useMemo(
    (): Reviewed => ({
      callId: call.id,
      scenario: call.scenario,
      names: { rep: isOwn ? words.you : call.user.name, persona: persona ?? words.buyer, isOwn },
      connectedAt: call.connected_at ?? null,
      endedAt: call.ended_at ?? null,
      durationMs: record.duration_ms,
      endReason: call.end_reason ?? null,
      engines: enginesOf(call.engines),
      record,
      computed: computedOf(call.kpis),
      isComputing: againAfterMs(call, askedAtMs) !== false,
    }),
    [call, record, persona, isOwn, askedAtMs],
  );
  const recording = {
    link: playable(call.links),
    linkMadeAtMs: askedAtMs,
    renew: async () => {
      const again = await queries.query({ ...callQuery(call.id), staleTime: 0 });
      return playable(isCompleted(again) ? again.links : call.links);
    },
  };
  const drawn = useMemo(() => ({ data: outline.data ?? null, hasFailed: outline.isError }), [outline.data, outline.isError]);
  return <ReviewView reviewed={reviewed} recording={recording} outline={drawn} actions={<Actions call={call} isOwn={isOwn} />} />;
}

function Actions({ call, isOwn }: { call: Completed; isOwn: boolean }) {
  const me = useMe();
  const base = `/api/calls/${encodeURIComponent(call.id)}`;
  // These addresses lead to links that were just signed.
  const files = {
    name: call.id,
    opus: `${base}/recording`,
    wav: `${base}/recording?format=wav`,
    txt: `${base}/transcript.txt`,
    vtt: `${base}/transcript.vtt`,
    record: { href: `${base}/record` },
  };
  return (
    <>
      <Downloads files={files} />
      <Share callId={call.id} />
      {isOwn && practises(me) && (
        <Button asChild look="primary">
          <Link to={`/practice/${encodeURIComponent(call.scenario.id)}/call`}>
            <RotateCcw aria-hidden className="size-4" />
            {words.actions.again}
          </Link>
        </Button>
      )}
    </>
  );
}

function Broken({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <>
      <HiddenHeading />
      <Failed error={error} onRetry={onRetry} />
    </>
  );
}

function Gone() {
  const { title, text, action } = words.state.gone;
  const home = (
    <Button asChild>
      <Link to="/calls">{action}</Link>
    </Button>
  );
  return (
    <>
      <HiddenHeading />
      <Empty title={title} action={home}>
        {text}
      </Empty>
    </>
  );
}
