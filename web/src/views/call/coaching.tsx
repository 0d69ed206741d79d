import { Lightbulb, X } from "lucide-react";
import { memo, useLayoutEffect, useRef, useState } from "react";

import type { Scenario } from "../../api/scenarios";
import { Coach, NOTHING_COACHED } from "../../call/coaching";
import { coachingOf, type Coaching } from "../../call/coaching-aims";
import { dismissedIn, keepDismissed, useCoachingChoice } from "../../call/coaching-choice";
import type { Hint } from "../../call/coaching-hints";
import type { CallSession } from "../../call/session";
import { strings } from "../../strings";
import { IconButton } from "../../ui/button";
import { useScope } from "../../ui/use-scope";
import { Numbers } from "./coaching-numbers";

/** As often as the numbers are looked at. */
const LOOK_EVERY_MS = 500;

const words = strings.call.coaching;

interface Props {
  session: CallSession;
  scenario: Scenario | undefined;
  isTyping: boolean;
}

/** What a rep may know of how they talk, while they do. Nothing in a test, nor for whoever wants none. */
export const CoachingStrip = memo(function CoachingStrip({ session, scenario, isTyping }: Props) {
  const isWanted = useCoachingChoice();
  // Until it has come, it may be a test.
  const coaching = scenario === undefined ? null : coachingOf(scenario);
  if (scenario === undefined || coaching === null || !isWanted) return null;
  return <Strip key={scenario.id} session={session} coaching={coaching} name={scenario.persona.name} isTyping={isTyping} />;
});

function Strip({ session, coaching, name, isTyping }: { session: CallSession; coaching: Coaching; name: string; isTyping: boolean }) {
  const { coached, dismiss } = useCoach(session, coaching, isTyping);
  const { hint } = coached;
  return (
    <section aria-label={words.title} className="mx-auto w-full max-w-6xl px-4 xl:px-0">
      <div className="relative flex min-h-14 items-center rounded-md border border-line bg-surface lg:justify-between lg:gap-4">
        <Numbers coached={coached} name={name} share={coaching.aims.share} />
        <HintLine hint={hint} name={name} onDismiss={dismiss} />
      </div>
    </section>
  );
}

/** One hint. On a phone it lies over the numbers for as long as it is there, so that nothing moves. */
function HintLine({ hint, name, onDismiss }: { hint: Hint | null; name: string; onDismiss: () => void }) {
  return (
    <div className={hint === null ? "sr-only" : "flex items-center gap-2 rounded-md bg-accent-soft ps-3 pe-1.5 max-lg:absolute max-lg:inset-0 lg:me-1.5"}>
      {hint && <Lightbulb aria-hidden className="size-4.5 shrink-0 text-accent-strong" />}
      {/* It is there before it says something, so that what it says is told, once. */}
      <p role="status" className="flex-1 text-sm leading-5 text-balance text-accent-strong">
        {hint && words.hint(hint.kind, hint.value, name)}
      </p>
      {hint && (
        <IconButton label={words.dismiss} onClick={onDismiss} className="text-accent-strong">
          <X aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

/** Looks at the call now and then. The view is drawn again only where something of it changed. */
function useCoach(session: CallSession, coaching: Coaching, isTyping: boolean) {
  const [coach] = useState(() => new Coach(coaching, dismissedIn(session.state().call?.id ?? "")));
  const [coached, setCoached] = useState(NOTHING_COACHED);
  const typing = useRef(isTyping);
  useLayoutEffect(() => {
    typing.current = isTyping;
  });
  useScope(
    (scope) => {
      const look = () => setCoached(coach.follow(session.state(), typing.current, Date.now()));
      look();
      scope.every(LOOK_EVERY_MS, look);
    },
    [session, coach],
  );
  const dismiss = () => {
    const state = session.state();
    setCoached(coach.dismiss(state, Date.now()));
    if (state.call !== null) keepDismissed(state.call.id, coach.dismissed);
  };
  return { coached, dismiss };
}

