import { Tabs } from "radix-ui";
import { lazy, Suspense, useEffect, useMemo, useReducer, useState, useSyncExternalStore, type ReactNode } from "react";
import { useSearchParams } from "react-router";

import { formatDateTime } from "../../format";
import { Scope } from "../../scope";
import { strings } from "../../strings";
import { PageHeading } from "../../ui/heading";
import { Loading, Skeleton } from "../../ui/states";
import { useScope } from "../../ui/use-scope";
import { Details } from "./details";
import { follow, FOLLOWING } from "./follow";
import { markersOf } from "./markers";
import { Moments } from "./moments";
import { Numbers } from "./numbers";
import { outcomeOf } from "./outcome";
import { Playback, type Recording } from "./playback";
import { Player } from "./player";
import { FollowContext, ReviewContext, type Reviewed, type Reviewing } from "./reviewing";
import { silentSpans } from "./spans";
import { startOf } from "./start";
import { Transcript } from "./transcript";

const Timing = lazy(() => import("./timing"));

const words = strings.review;

interface Props {
  reviewed: Reviewed;
  recording: Pick<Recording, "link" | "renew">;
  outline: Reviewing["outline"];
  actions: ReactNode;
}

/** A call that is over: how it sounded, who said what, and the numbers. */
export function ReviewView({ reviewed, recording, outline, actions }: Props) {
  const [playback] = useState(() => makePlayback(reviewed, recording));
  const [{ isFollowing }, tell] = useReducer(follow, FOLLOWING);
  const { record, computed } = reviewed;
  const markers = useMemo(() => markersOf(record, computed?.result ?? null), [record, computed]);
  const reviewing = useMemo((): Reviewing => {
    const seek = (ms: number) => {
      tell("sought");
      playback.seek(ms);
    };
    const listen = (ms: number) => {
      seek(ms);
      if (!playback.state().isPlaying) playback.play();
    };
    return { reviewed, playback, markers, outline, seek, listen };
  }, [reviewed, playback, markers, outline]);
  const following = useMemo(() => ({ isFollowing, tell }), [isFollowing]);
  useScope((scope) => playback.attach(scope), [playback]);
  useStart(playback);
  return (
    <ReviewContext value={reviewing}>
      <FollowContext value={following}>
        <div className="flex flex-col gap-4 max-sm:pb-40">
          <Top reviewed={reviewed} actions={actions} />
          <Player />
          <Below />
        </div>
      </FollowContext>
    </ReviewContext>
  );
}

function makePlayback({ record, durationMs }: Reviewed, { link, renew }: Props["recording"]): Playback {
  const silences = silentSpans(record.utterances, durationMs);
  return new Playback(new Audio(), { durationMs, link, renew, silences }, () => Date.now());
}

/** Goes to the second that the address names. */
function useStart(playback: Playback): void {
  const [search] = useSearchParams();
  const start = startOf(search, playback.durationMs);
  useEffect(() => {
    if (start !== null) playback.seek(start);
  }, [playback, start]);
}

function Top({ reviewed, actions }: { reviewed: Reviewed; actions: ReactNode }) {
  const { scenario, names, connectedAt, durationMs, endReason, computed } = reviewed;
  const who = names.isOwn ? "" : `${words.withRep(names.rep)} · `;
  return (
    <PageHeading title={scenario.title} actions={actions}>
      <p className="text-ink">{outcomeOf(names, endReason, durationMs, computed?.result ?? null)}</p>
      {connectedAt !== null && <p className="text-sm">{`${who}${words.heldOn(formatDateTime(connectedAt))}`}</p>}
    </PageHeading>
  );
}

const WIDE = "(min-width: 64rem)";

function subscribeToWidth(listener: () => void): () => void {
  const scope = new Scope();
  scope.on(matchMedia(WIDE), "change", listener);
  return () => {
    scope.end();
  };
}

/** The transcript and what is beside it: side by side where there is room, else one after the other. */
function Below() {
  const isWide = useSyncExternalStore(subscribeToWidth, () => matchMedia(WIDE).matches);
  if (!isWide) return <Panels hasTranscript />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_24rem] gap-6">
      <Transcript />
      <div data-beside className="sticky top-56 max-h-[calc(100dvh-15rem)] self-start overflow-y-auto overscroll-contain">
        <Panels hasTranscript={false} />
      </div>
    </div>
  );
}

function Panels({ hasTranscript }: { hasTranscript: boolean }) {
  const panels: [string, string, ReactNode][] = [
    ...(hasTranscript ? [["transcript", words.panels.transcript, <Transcript key="transcript" />] as [string, string, ReactNode]] : []),
    ["moments", words.panels.moments, <Moments key="moments" />],
    ["numbers", words.panels.numbers, <Numbers key="numbers" />],
    ["timing", words.panels.timing, <TimingSoon key="timing" />],
    ["details", words.panels.details, <Details key="details" />],
  ];
  const tab =
    "min-h-11 border-b-2 border-transparent px-2 text-sm font-medium whitespace-nowrap text-ink-soft hover:text-ink sm:min-h-9 sm:px-3 " +
    "data-[state=active]:border-accent data-[state=active]:text-accent-strong";
  return (
    <Tabs.Root key={String(hasTranscript)} defaultValue={hasTranscript ? "transcript" : "numbers"}>
      <Tabs.List aria-label={words.panels.name} className="sticky top-0 z-10 flex overflow-x-auto border-b border-line bg-ground max-sm:top-14 max-sm:-mx-4 max-sm:px-2">
        {panels.map(([value, label]) => (
          <Tabs.Trigger key={value} value={value} className={tab}>
            {label}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {panels.map(([value, , content]) => (
        <Tabs.Content key={value} value={value} className="pt-4">
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function TimingSoon() {
  const soon = (
    <Loading>
      <Skeleton className="h-64 w-full" />
    </Loading>
  );
  return (
    <Suspense fallback={soon}>
      <Timing />
    </Suspense>
  );
}
