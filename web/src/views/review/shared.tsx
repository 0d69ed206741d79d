import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { useParams } from "react-router";

import { Refused } from "../../api/client";
import { formatDateTime } from "../../format";
import { Malformed } from "../../protocol/reading";
import { strings } from "../../strings";
import { Empty, Failed } from "../../ui/states";
import { Downloads } from "./downloads";
import { HiddenHeading, ReviewLoading } from "./loading";
import { sharedOutlineQuery, sharedQuery } from "./queries";
import type { Reviewed } from "./reviewing";
import { ReviewView } from "./review-view";
import { computedOf, playable } from "./shown";

const words = strings.review;

/** A call that somebody has a link to: the same review, for reading and listening, and nobody signs in. */
export default function Shared() {
  const { token = "" } = useParams();
  const { data, error, refetch } = useQuery(sharedQuery(token));
  if (data !== undefined) {
    return (
      <Frame until={formatDateTime(data.expires_at)}>
        <Content key={token} token={token} />
      </Frame>
    );
  }
  return (
    <Frame>
      {error === null ? <ReviewLoading /> : <HiddenHeading />}
      {error instanceof Refused && error.status === 404 && <Empty title={words.shared.gone.title}>{words.shared.gone.text}</Empty>}
      {error instanceof Malformed && <Failed error={new Error(words.state.unreadable)} onRetry={() => location.reload()} />}
      {error !== null && !(error instanceof Malformed) && !isGone(error) && <Failed error={error} onRetry={() => void refetch()} />}
    </Frame>
  );
}

const isGone = (error: Error): boolean => error instanceof Refused && error.status === 404;

function Frame({ until, children }: { until?: string; children: ReactNode }) {
  return (
    <>
      <header className="sticky top-0 z-30 border-b border-line bg-ground">
        <div className="mx-auto flex h-14 max-w-6xl items-center justify-between gap-4 px-4 sm:px-6">
          <span className="flex items-center gap-2 font-semibold tracking-tight">
            <img src="/icon.svg" alt="" className="size-6" />
            Ringcraft
          </span>
          {until !== undefined && <span className="text-end text-xs text-ink-soft">{words.shared.banner(until)}</span>}
        </div>
      </header>
      <main className="mx-auto w-full max-w-6xl px-4 py-6 sm:px-6 sm:py-8">{children}</main>
    </>
  );
}

function Content({ token }: { token: string }) {
  const queries = useQueryClient();
  const { data: shared, dataUpdatedAt } = useQuery(sharedQuery(token));
  const outline = useQuery(sharedOutlineQuery(token));
  const drawn = useMemo(() => ({ data: outline.data ?? null, hasFailed: outline.isError }), [outline.data, outline.isError]);
  const reviewed = useMemo((): Reviewed | null => {
    if (shared === undefined) return null;
    const { scenario, record } = shared;
    return {
      callId: null,
      scenario,
      names: { rep: shared.user.name, persona: scenario.persona?.name ?? words.buyer, isOwn: false },
      connectedAt: shared.connected_at ?? null,
      endedAt: shared.ended_at ?? null,
      durationMs: record.duration_ms,
      endReason: shared.end_reason ?? null,
      engines: [],
      record,
      computed: computedOf(shared.kpis),
      isComputing: false,
    };
  }, [shared]);
  if (shared === undefined || reviewed === null) return null;
  const recording = {
    link: playable(shared.links),
    linkMadeAtMs: dataUpdatedAt,
    renew: async () => playable((await queries.query({ ...sharedQuery(token), staleTime: 0 })).links),
  };
  const files = { name: reviewed.scenario.id, opus: shared.links.recording, wav: shared.links.recording_wav, txt: null, vtt: null, record: { text: () => JSON.stringify(shared.sent) } };
  return <ReviewView reviewed={reviewed} recording={recording} outline={drawn} actions={<Downloads files={files} />} />;
}
