import { useQuery } from "@tanstack/react-query";
import { Headphones, Square } from "lucide-react";
import { useCallback, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { answered, api } from "../../api/client";
import { scenariosQuery } from "../../api/scenarios";
import { formatClock } from "../../format";
import type { Speaker } from "../../protocol/messages";
import type { Scope } from "../../scope";
import { useMe } from "../../shell/session";
import { strings } from "../../strings";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { PageHeading } from "../../ui/heading";
import { LevelBar } from "../../ui/level-bar";
import { Monogram } from "../../ui/monogram";
import { Notice } from "../../ui/notice";
import { Empty, Failed, Loading, Skeleton } from "../../ui/states";
import { useScope } from "../../ui/use-scope";
import { CaptionLog } from "../call/captions";
import type { Phase } from "./listening";
import type { ListenPlayer } from "./player";
import { useListening, type Ears } from "./use-listening";

const words = strings.manage.listen;

/** The review is shown by itself that long after a call ended, unless somebody stays. */
const TO_REVIEW_MS = 5000;

/** A live call, heard by somebody who takes no part in it. */
export default function Listen() {
  const { call: id = "" } = useParams();
  const me = useMe();
  const call = useQuery({
    queryKey: ["calls", "one", id],
    queryFn: async ({ signal }) => (await answered(api.GET("/api/calls/{id}", { params: { path: { id } }, signal }))).call,
  });
  const scenarios = useQuery(scenariosQuery).data;
  if (call.isPending) return <ListenLoading />;
  if (call.data === undefined) return <Failed error={call.error} onRetry={() => void call.refetch()} />;
  const { user, scenario, status } = call.data;
  const persona = scenarios?.find(({ id }) => id === scenario.id)?.persona.name ?? words.buyer;
  if (user.id === me.id) return <NotNow title={words.own.title} text={words.own.text} />;
  if (status === "waiting" || status === "never_connected") return <NotNow title={words.notLive.title} text={words.notLive.text} />;
  return <Live key={id} id={id} names={{ rep: user.name, persona }} scenario={scenario.title} isOver={status !== "live"} />;
}

interface LiveProps {
  id: string;
  names: Record<Speaker, string>;
  scenario: string;
  /** It was over before anybody listened. */
  isOver: boolean;
}

function Live({ id, names, scenario, isOver }: LiveProps) {
  const ears = useListening(id);
  const { state, player } = ears;
  const isFollowing = state.phase.at === "connecting" || state.phase.at === "listening";
  const sides: [Speaker, boolean][] = [
    ["rep", state.isRepSpeaking],
    ["persona", state.isPersonaSpeaking],
  ];
  // Asked for once they listened, the call's own state is told by what they hear.
  const phase: Phase = isOver && state.phase.at === "asked" ? { at: "over", reason: null } : state.phase;
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-5">
      <PageHeading title={words.title(names.rep)}>{scenario}</PageHeading>
      <Standing id={id} phase={phase} isHeld={state.isHeld} />
      {phase.at === "asked" && <Before name={names.rep} onStart={ears.start} />}
      {phase.at === "refused" && <Refused phase={phase} onStart={ears.start} />}
      {isFollowing && (
        <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 sm:p-5">
          <div className="grid gap-4 sm:grid-cols-2">
            {sides.map(([speaker, speaks]) => (
              <Side key={speaker} speaker={speaker} name={names[speaker]} speaks={speaks} player={player} />
            ))}
          </div>
          <Controls ears={ears} />
        </div>
      )}
      {(isFollowing || 0 < state.captions.utterances.length) && (
        <div className="flex h-[40dvh] sm:h-[min(26rem,50dvh)] flex-col overflow-hidden rounded-lg border border-line bg-surface">
          <CaptionLog captions={state.captions} personaName={names.persona} repName={names.rep} />
        </div>
      )}
    </div>
  );
}

/** How it stands, in words: what comes of a call is said to those who do not see it as well. */
function Standing({ id, phase, isHeld }: { id: string; phase: Phase; isHeld: boolean }) {
  if (phase.at === "over") return <Over id={id} reason={phase.reason} />;
  if (phase.at === "connecting") return <Notice tone={phase.wasHeard ? "warn" : "neutral"}>{phase.wasHeard ? words.lost : words.connecting}</Notice>;
  return isHeld ? <Notice tone="warn">{words.held}</Notice> : null;
}

function Before({ name, onStart }: { name: string; onStart: () => void }) {
  return (
    <Empty
      icon={<Headphones aria-hidden />}
      title={words.before(name)}
      action={
        <Button look="primary" size="large" onClick={onStart} icon={<Headphones aria-hidden className="size-5" />}>
          {words.start}
        </Button>
      }
    >
      {words.isShown}
    </Empty>
  );
}

function Refused({ phase, onStart }: { phase: Extract<Phase, { at: "refused" }>; onStart: () => void }) {
  return (
    <Notice tone="bad" action={phase.why === "notYours" ? undefined : <Button onClick={onStart}>{strings.common.retry}</Button>}>
      {words.refused[phase.why]}
    </Notice>
  );
}

function Side({ speaker, name, speaks, player }: { speaker: Speaker; name: string; speaks: boolean; player: ListenPlayer | null }) {
  const watch = useCallback(
    (scope: Scope, listener: (dbfs: number) => void) => player?.watch(scope, speaker, listener),
    [player, speaker],
  );
  return (
    <div className="flex items-center gap-3">
      <Monogram name={name} of={speaker} className="size-11" />
      <div className="min-w-0 flex-1">
        <div className="flex items-center justify-between gap-2">
          <span className="truncate font-medium">{name}</span>
          <span className="text-sm text-ink-soft">{speaks ? words.speaks : words[speaker]}</span>
        </div>
        <LevelBar of={speaker} watch={player === null ? null : watch} className="mt-1.5" />
      </div>
    </div>
  );
}

function Controls({ ears }: { ears: Ears }) {
  const { state, isApart, setApart, stop } = ears;
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line pt-3">
      <div className="flex items-center gap-2.5">
        <Badge tone={state.phase.at === "listening" ? "accent" : "neutral"}>{state.phase.at === "listening" ? words.live : words.waiting}</Badge>
        <span role="timer" aria-label={words.timer} className="font-medium">
          {formatClock(1000 * state.seconds)}
        </span>
      </div>
      <label className="flex min-h-11 cursor-pointer items-center gap-2.5 text-sm sm:min-h-9">
        <input type="checkbox" className="size-4 accent-accent" checked={isApart} onChange={({ target }) => setApart(target.checked)} />
        {words.apart}
      </label>
      <Button onClick={stop} icon={<Square aria-hidden className="size-4" />} className="max-sm:w-full">
        {words.stop}
      </Button>
    </div>
  );
}

/** The call is over: what ended it, and the way on. */
function Over({ id, reason }: { id: string; reason: string | null }) {
  const navigate = useNavigate();
  const review = `/calls/${encodeURIComponent(id)}`;
  // Whoever heard it to its end goes on by themself; whoever came too late is asked.
  const [isStaying, setIsStaying] = useState(false);
  const goesOn = reason !== null && !isStaying;
  useScope(
    (scope) => {
      if (goesOn) scope.after(TO_REVIEW_MS, () => void navigate(review, { replace: true }));
    },
    [goesOn, review],
  );
  return (
    <Notice>
      <p>
        {reason === null ? words.over : words.ended(reason)} {goesOn && words.goesOn}
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button asChild look="primary">
          <Link to={review} replace>
            {words.review}
          </Link>
        </Button>
        {goesOn && <Button onClick={() => setIsStaying(true)}>{words.stay}</Button>}
      </div>
    </Notice>
  );
}

function NotNow({ title, text }: { title: string; text: string }) {
  const back = (
    <Button asChild>
      <Link to="/team">{words.back}</Link>
    </Button>
  );
  return (
    <Empty heading="h1" icon={<Headphones aria-hidden />} title={title} action={back}>
      {text}
    </Empty>
  );
}

function ListenLoading() {
  return (
    <Loading>
      <div className="mx-auto flex max-w-3xl flex-col gap-5">
        <Skeleton className="h-14 w-72 max-w-full" />
        <Skeleton className="h-52 w-full" />
      </div>
    </Loading>
  );
}
