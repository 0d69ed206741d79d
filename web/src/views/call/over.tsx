import { useState } from "react";
import { Link, useNavigate } from "react-router";

import { lastWords } from "../../call/machine";
import type { CallState } from "../../call/state";
import { formatClock } from "../../format";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { Monogram } from "../../ui/monogram";
import { useScope } from "../../ui/use-scope";
import type { Persona } from "./call";
import { NoticeScreen } from "./notice-screen";

/** Long enough to read who ended the call, and to choose to stay. */
const MOVES_ON_AFTER_S = 8;

interface Props {
  state: CallState;
  reason: string;
  lengthMs: number | null;
  persona: Persona;
  scenarioId: string;
}

/** The call is over: who ended it, with what words, and on to what happened. */
export function Over({ state, reason, lengthMs, persona, scenarioId }: Props) {
  const words = strings.call.over;
  const review = state.connectedAtMs !== null && state.call !== null ? `/calls/${state.call.id}` : null;
  const { leftS, stay } = useMovingOn(review);
  const said = lastWords(state);
  return (
    <NoticeScreen
      icon={<Monogram name={persona.name} of="persona" className="size-20 text-2xl" />}
      title={words.how(reason, persona.name)}
      text={lengthMs === null ? undefined : words.length(formatClock(lengthMs))}
      actions={
        review === null ? (
          <Button look="primary" size="large" asChild>
            <Link to={`/practice/${encodeURIComponent(scenarioId)}`}>{words.again}</Link>
          </Button>
        ) : (
          <>
            <Button look="primary" size="large" asChild>
              <Link to={review} replace>
                {words.review}
              </Link>
            </Button>
            {leftS !== null && (
              <Button size="large" onClick={stay}>
                {words.stay}
              </Button>
            )}
          </>
        )
      }
    >
      {said !== undefined && (
        <figure className="max-w-md border-s-2 border-persona ps-4 text-start">
          <figcaption className="text-sm text-ink-soft">{words.words(persona.name)}</figcaption>
          <blockquote className="text-pretty">{said}</blockquote>
        </figure>
      )}
      <p className="min-h-6 text-sm text-ink-soft">{leftS !== null && words.moving(leftS)}</p>
    </NoticeScreen>
  );
}

/** Moves to another view after some seconds, unless that is stopped. */
function useMovingOn(to: string | null): { leftS: number | null; stay: () => void } {
  const [leftS, setLeft] = useState<number | null>(to === null ? null : MOVES_ON_AFTER_S);
  const navigate = useNavigate();
  useScope(
    (scope) => {
      if (to === null || leftS === null) return;
      scope.after(1000, () => {
        if (leftS <= 1) void navigate(to, { replace: true });
        else setLeft(leftS - 1);
      });
    },
    [to, leftS],
  );
  return { leftS, stay: () => setLeft(null) };
}
