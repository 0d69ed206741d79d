import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { Navigate, useNavigate, useParams, useSearchParams } from "react-router";

import { scenarioQuery } from "../../api/scenarios";
import { CallSession } from "../../call/session";
import { strings } from "../../strings";
import { useTitle } from "../../ui/heading";
import { useScope } from "../../ui/use-scope";
import { Elsewhere } from "./elsewhere";
import { Over } from "./over";
import { Stage } from "./stage";
import { Trouble } from "./trouble";

/** Who is called. Shown before the scenario has come, and where it cannot be loaded. */
export interface Persona {
  name: string;
  role: string;
}

const ENDED = "ended";

/** A call, over the whole page: nothing else is to be done in it. */
export default function Call() {
  const { scenario: scenarioId = "" } = useParams();
  const [search] = useSearchParams();
  // Read once: a page that is loaded again after the call must not call again.
  const [endedBefore] = useState(() => search.get(ENDED));
  if (endedBefore !== null) return <Navigate to={`/calls/${encodeURIComponent(endedBefore)}`} replace />;
  return <Overlay key={scenarioId} scenarioId={scenarioId} />;
}

function Overlay({ scenarioId }: { scenarioId: string }) {
  const [session, setSession] = useState<CallSession | null>(null);
  const navigate = useNavigate();
  useScope(
    (scope) => {
      const onOtherScenario = (other: string) => void navigate(`/practice/${encodeURIComponent(other)}/call`, { replace: true });
      setSession(new CallSession(scope, { scenarioId, onOtherScenario }));
      // What lies beneath is neither seen nor reached.
      const root = document.getElementById("root");
      root?.setAttribute("inert", "");
      scope.onEnd(() => root?.removeAttribute("inert"));
    },
    [scenarioId],
  );
  const screen = (
    <div className="fixed inset-0 z-40 flex flex-col overflow-hidden bg-ground pt-[env(safe-area-inset-top)] text-ink">
      {session && <Screen session={session} scenarioId={scenarioId} />}
    </div>
  );
  return createPortal(screen, document.body);
}

function Screen({ session, scenarioId }: { session: CallSession; scenarioId: string }) {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const [, setSearch] = useSearchParams();
  const scenario = useQuery(scenarioQuery(scenarioId)).data;
  const persona: Persona = { name: scenario?.persona.name ?? scenarioId, role: scenario?.persona.role ?? "" };
  useTitle(strings.call.title(persona.name));
  const { phase, call } = state;
  const endedId = phase.at === "over" && state.connectedAtMs !== null ? call?.id : undefined;
  useEffect(() => {
    if (endedId !== undefined) setSearch({ [ENDED]: endedId }, { replace: true });
  }, [endedId, setSearch]);
  switch (phase.at) {
    case "elsewhere":
      return <Elsewhere wasTaken={phase.wasTaken} onTakeOver={() => session.dispatch({ type: "take_over" })} />;
    case "failed":
      return <Trouble session={session} fault={phase.fault} scenarioId={scenarioId} />;
    case "over":
      return <Over state={state} reason={phase.reason} lengthMs={phase.lengthMs} persona={persona} scenarioId={scenarioId} />;
    case "opening":
    case "connecting":
    case "live":
    case "reconnecting":
    case "ending":
      return <Stage session={session} state={state} persona={persona} scenario={scenario} />;
  }
}
