import { Gauge } from "lucide-react";
import { Popover } from "radix-ui";

import type { Scenario } from "../../api/scenarios";
import { coachingOf, type Aims } from "../../call/coaching-aims";
import { chooseCoaching, useCoachingChoice } from "../../call/coaching-choice";
import { strings } from "../../strings";
import { Switch } from "../../ui/switch";

const words = strings.call.coaching;

/** Coaching on and off, and what its numbers mean. There is none in a test. */
export function CoachingMenu({ scenario }: { scenario: Scenario | undefined }) {
  const isOn = useCoachingChoice();
  const coaching = scenario === undefined ? null : coachingOf(scenario);
  if (coaching === null) return null;
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={words.menu(isOn)} className="inline-flex min-h-11 min-w-11 items-center justify-center gap-1.5 rounded-full px-3 text-sm text-ink-soft hover:bg-hover hover:text-ink">
        <Gauge aria-hidden className="size-4" />
        <span className="max-sm:hidden">{words.title}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={4} collisionPadding={12} aria-label={words.title} className="z-50 flex max-h-(--radix-popover-content-available-height) w-80 flex-col gap-3 overflow-y-auto rounded-md border border-line bg-raised p-4 text-sm shadow-raised">
          <Switch label={words.show} isOn={isOn} onChange={chooseCoaching} />
          <p className="text-ink-soft">{words.estimates}</p>
          <Meanings aims={coaching.aims} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Meanings({ aims }: { aims: Aims }) {
  const all = [
    { label: words.share, text: words.shareMeans, aim: words.shareAim(aims.share) },
    { label: words.pace, text: words.paceMeans, aim: words.paceAim(aims.pace) },
    { label: words.now, text: words.nowMeans, aim: words.monologueAim(aims.monologue) },
  ];
  return (
    <dl className="flex flex-col gap-3 border-t border-line pt-3">
      {all.map(({ label, text, aim }) => (
        <div key={label} className="flex flex-col gap-0.5">
          <dt className="font-medium">{label}</dt>
          <dd className="text-ink-soft">{text}</dd>
          {aim !== null && <dd>{aim}</dd>}
        </div>
      ))}
    </dl>
  );
}
