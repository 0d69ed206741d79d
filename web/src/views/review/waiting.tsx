import { Check, LoaderCircle, PhoneCall, PhoneMissed, PhoneOff, Circle, Lock, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { practises, seesTeam, useMe } from "../../shell/session";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { PageHeading } from "../../ui/heading";
import { Empty } from "../../ui/states";
import type { CallShown } from "./queries";

const words = strings.review.state;

/** A call that there is no review of: not yet, or never. */
export function WaitingView({ call }: { call: CallShown }) {
  return (
    <div className="flex flex-col gap-6">
      <PageHeading title={call.scenario.title} />
      <Reason call={call} />
    </div>
  );
}

function Reason({ call }: { call: CallShown }) {
  switch (call.status) {
    case "sealing":
      return <Processing />;
    case "failed":
      return (
        <Empty icon={<TriangleAlert aria-hidden />} title={words.failed.title}>
          {words.failed.text}
        </Empty>
      );
    case "never_connected":
      return (
        <Empty icon={<PhoneMissed aria-hidden />} title={words.never.title} action={<Practise call={call} />}>
          {words.never.text}
        </Empty>
      );
    case "waiting":
      return (
        <Empty icon={<PhoneOff aria-hidden />} title={words.waiting.title}>
          {words.waiting.text}
        </Empty>
      );
    case "live":
      return <Live call={call} />;
    case "completed":
      return (
        <Empty icon={<Lock aria-hidden />} title={words.closed.title}>
          {words.closed.text}
        </Empty>
      );
  }
}

function Practise({ call }: { call: CallShown }) {
  const me = useMe();
  if (!practises(me) || me.id !== call.user.id) return null;
  return (
    <Button asChild look="primary">
      <Link to={`/practice/${encodeURIComponent(call.scenario.id)}`}>{words.practise}</Link>
    </Button>
  );
}

function Live({ call }: { call: CallShown }) {
  const me = useMe();
  const isOwn = me.id === call.user.id;
  const address = isOwn ? `/practice/${encodeURIComponent(call.scenario.id)}/call` : `/calls/${encodeURIComponent(call.id)}/listen`;
  const mayListen = seesTeam(me) && me.role !== "hr";
  const action = (isOwn || mayListen) && (
    <Button asChild look="primary">
      <Link to={address}>{isOwn ? words.live.back : words.live.listen}</Link>
    </Button>
  );
  return (
    <Empty icon={<PhoneCall aria-hidden />} title={words.live.title} action={action}>
      {isOwn ? words.live.own : words.live.other}
    </Empty>
  );
}

/** What is done of a review that is being made. The server tells of two steps: sealed or not, and the numbers. */
function Processing() {
  const { over, seal, numbers } = words.steps;
  return (
    <section role="status" className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-6">
      <div>
        <h2 className="text-base font-semibold">{words.processing}</h2>
        <p className="text-sm text-ink-soft">{words.processingText}</p>
      </div>
      <progress className="h-1 w-full accent-accent" aria-label={words.processing} />
      <ol className="flex flex-col gap-2 text-sm">
        <Step icon={<Check aria-hidden className="size-4 text-good" />} text={over} state={words.stepDone} />
        <Step icon={<LoaderCircle aria-hidden className="size-4 animate-spin text-accent" />} text={seal} state={words.stepNow} />
        <Step icon={<Circle aria-hidden className="size-4 text-ink-faint" />} text={numbers} state={words.stepNext} />
      </ol>
    </section>
  );
}

function Step({ icon, text, state }: { icon: ReactNode; text: string; state: string }) {
  return (
    <li className="flex items-center gap-3">
      {icon}
      <span>{text}</span>
      <span className="sr-only">({state})</span>
    </li>
  );
}

