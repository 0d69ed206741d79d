import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Phone } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";

import { Refused } from "../../api/client";
import { healthQuery } from "../../api/health";
import { scenarioQuery, type Scenario } from "../../api/scenarios";
import { formatLanguage } from "../../format";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { Difficulty } from "../../ui/difficulty";
import { useTitle } from "../../ui/heading";
import { Monogram } from "../../ui/monogram";
import { Empty, Failed, Loading, Skeleton } from "../../ui/states";
import { DeviceCheck, wasChecked } from "./device-check";
import { paragraphsOf } from "./paragraphs";
import { targetsOf } from "./targets";

const words = strings.practice.briefing;

/** What to know before a call, the check of the device, and the start. */
export default function Briefing() {
  const id = useParams()["scenario"] ?? "";
  const { data, isPending, error, refetch } = useQuery(scenarioQuery(id));
  useTitle(data?.title ?? words.title);
  if (isPending) return <BriefingLoading />;
  if (data !== undefined) return <Loaded scenario={data} />;
  if (error instanceof Refused && error.status === 404) return <Unknown />;
  return (
    <>
      <h1 className="sr-only">{words.title}</h1>
      <Failed error={error} onRetry={() => void refetch()} />
    </>
  );
}

function Loaded({ scenario }: { scenario: Scenario }) {
  return (
    <div className="flex flex-col gap-6">
      <Link to="/practice" className="-mb-3 inline-flex min-h-9 items-center gap-1.5 self-start text-sm font-medium text-ink-soft hover:text-ink max-sm:hidden">
        <ArrowLeft aria-hidden className="size-4 rtl:-scale-x-100" />
        {strings.practice.title}
      </Link>
      <Head scenario={scenario} />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_24rem] lg:grid-rows-[auto_1fr] lg:gap-x-10">
        <section aria-labelledby="task" className="flex flex-col gap-2">
          <h2 id="task" className="text-lg font-semibold">
            {words.task}
          </h2>
          {paragraphsOf(scenario.brief).map((paragraph) => (
            <p key={paragraph} className="max-w-prose">
              {paragraph}
            </p>
          ))}
        </section>
        <Start scenario={scenario} />
        <div className="flex flex-col gap-6">
          <Criteria scenario={scenario} />
          <Targets scenario={scenario} />
        </div>
      </div>
    </div>
  );
}

function Head({ scenario }: { scenario: Scenario }) {
  const { persona, difficulty, language, first_speaker } = scenario;
  return (
    <div className="flex items-start gap-4">
      <Monogram name={persona.name} of="persona" className="size-14 text-xl" />
      <div className="flex min-w-0 flex-col gap-1">
        <h1 className="text-2xl font-semibold tracking-tight">{scenario.title}</h1>
        <p className="text-ink-soft">{strings.practice.role(persona.role)}</p>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-soft">
          <Difficulty of={difficulty} />
          <span>{formatLanguage(language)}</span>
          <span>{first_speaker === "rep" ? words.youFirst : words.personaFirst(persona.name)}</span>
        </div>
      </div>
    </div>
  );
}

/** All that stands between the briefing and the call. */
function Start({ scenario }: { scenario: Scenario }) {
  const [isChecked, setChecked] = useState(wasChecked);
  const parts = useQuery(healthQuery).data?.parts;
  return (
    <section aria-labelledby="ready" className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 sm:p-5 lg:sticky lg:top-20 lg:row-span-2">
      <h2 id="ready" className="text-lg font-semibold">
        {words.ready}
      </h2>
      <DeviceCheck onChecked={() => setChecked(true)} />
      <div className="flex flex-col gap-3 border-t border-line pt-4">
        <Button asChild look={isChecked ? "primary" : "plain"} size="large">
          <Link to="call">
            <Phone aria-hidden className="size-5" />
            {isChecked ? words.start(scenario.persona.name) : words.startUnchecked}
          </Link>
        </Button>
        <p className="text-sm text-ink-soft">{words.consent}</p>
        {parts?.speech_to_text.startsWith(OFFLINE_RECOGNISER) && <p className="text-sm text-ink-soft">{words.offline}</p>}
      </div>
    </section>
  );
}

/** How the server names the recogniser that it brings along. */
const OFFLINE_RECOGNISER = "pocketsphinx";

/** What a good call has, by weight. */
function Criteria({ scenario: { rubric } }: { scenario: Scenario }) {
  if (rubric.length === 0) return null;
  const heaviest = Math.max(...rubric.map(({ weight }) => weight));
  return (
    <section aria-labelledby="criteria" className="flex flex-col gap-2">
      <h2 id="criteria" className="text-lg font-semibold">
        {words.criteria}
      </h2>
      <p className="text-sm text-ink-soft">{words.criteriaText}</p>
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {rubric.map(({ id, title, weight }) => (
          <li key={id} className="flex items-center gap-4 px-4 py-2.5">
            <span className="min-w-0 flex-1">{title}</span>
            <span aria-hidden className="h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-sunken sm:w-32">
              <span className="block h-full rounded-full bg-ink-faint" style={{ inlineSize: `${(100 * weight) / heaviest}%` }} />
            </span>
            <span className="w-12 text-end text-sm text-ink-soft">{words.weight(weight)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Which numbers of the call are good. */
function Targets({ scenario }: { scenario: Scenario }) {
  const targets = targetsOf(scenario);
  if (targets.length === 0) return null;
  return (
    <section aria-labelledby="targets" className="flex flex-col gap-2">
      <h2 id="targets" className="text-lg font-semibold">
        {words.targets}
      </h2>
      <dl className="divide-y divide-line rounded-lg border border-line bg-surface">
        {targets.map(({ path, name, aim }) => (
          <div key={path} className="flex flex-wrap items-baseline justify-between gap-x-4 px-4 py-2.5">
            <dt>{name}</dt>
            <dd className="text-sm text-ink-soft">{aim}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Unknown() {
  const { title, text, action } = words.unknown;
  const home = (
    <Button asChild look="primary">
      <Link to="/practice">{action}</Link>
    </Button>
  );
  return (
    <>
      <h1 className="sr-only">{words.title}</h1>
      <Empty title={title} action={home}>
        {text}
      </Empty>
    </>
  );
}

function BriefingLoading() {
  return (
    <Loading>
      <h1 className="sr-only">{words.title}</h1>
      <div className="mb-6 flex sm:mt-12 items-start gap-4">
        <Skeleton className="size-14 rounded-full" />
        <div className="flex flex-1 flex-col gap-2">
          <Skeleton className="h-8 w-2/3 max-w-72" />
          <Skeleton className="h-5 w-full max-w-96" />
        </div>
      </div>
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_24rem] lg:gap-x-10">
        <Skeleton className="h-36" />
        <Skeleton className="h-72 rounded-lg" />
      </div>
    </Loading>
  );
}
