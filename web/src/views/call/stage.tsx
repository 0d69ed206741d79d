import { useRef, useState } from "react";
import { useBlocker } from "react-router";

import type { Scenario } from "../../api/scenarios";
import type { CallSession } from "../../call/session";
import type { CallState } from "../../call/state";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { classes } from "../../ui/classes";
import { Dialog } from "../../ui/dialog";
import { useScope } from "../../ui/use-scope";
import type { Persona } from "./call";
import { CaptionLog } from "./captions";
import { CoachingStrip } from "./coaching";
import { CoachingMenu } from "./coaching-menu";
import { Connection } from "./connection";
import { Controls } from "./controls";
import { DevicesDialog } from "./devices-dialog";
import { Face } from "./face";
import { useKeys } from "./keys";
import { Notices } from "./notices";
import { Timer } from "./timer";
import { Typing } from "./typing";

type Question = "end" | "devices" | null;

/** The call itself. */
export function Stage({ session, state, persona, scenario }: { session: CallSession; state: CallState; persona: Persona; scenario: Scenario | undefined }) {
  const [hasCaptions, setCaptions] = useState(true);
  const [isTyping, setTyping] = useState(false);
  const [question, setQuestion] = useState<Question>(null);
  const field = useRef<HTMLInputElement>(null);
  const isLive = state.phase.at === "live";
  const mute = () => session.dispatch({ type: "mute", isMuted: !state.isMuted });
  const showTyping = isTyping || state.voice === "typing";
  const type = () => {
    setTyping(!isTyping);
    // It is there in the next picture.
    if (!isTyping) queueMicrotask(() => field.current?.focus());
  };
  useKeys({ mute, captions: () => setCaptions(!hasCaptions), type: () => (showTyping ? field.current?.focus() : type()) });
  useStaying(() => setQuestion("end"));
  const speaking = isLive && state.doing === "speaking";
  return (
    <main className="flex min-h-0 flex-1 flex-col gap-3 pb-[max(1rem,env(safe-area-inset-bottom))]">
      <header className="flex min-h-14 items-center justify-between gap-2 px-4">
        <Timer connectedAtMs={state.connectedAtMs} />
        <div className="flex items-center">
          <CoachingMenu scenario={scenario} />
          {state.path && <Connection path={state.path} why={state.trying.why} />}
        </div>
      </header>
      <CoachingStrip session={session} scenario={scenario} isTyping={showTyping} />
      <Notices session={session} state={state} personaName={persona.name} />
      <div className="flex min-h-0 flex-1 flex-col lg:mx-auto lg:w-full lg:max-w-6xl lg:flex-row">
        <section aria-label={persona.name} className={classes("flex flex-col items-center justify-center gap-4 px-6 pt-4 pb-6 lg:flex-1", !hasCaptions && "flex-1")}>
          <Face name={persona.name} session={session} isSpeaking={speaking} />
          <div className="text-center">
            <h1 className="text-2xl font-semibold tracking-tight">{persona.name}</h1>
            <p className="min-h-6 text-ink-soft first-letter:uppercase">{persona.role}</p>
          </div>
          <p role="status" className="min-h-6 text-center font-medium">
            {wordsFor(state, persona.name)}
            {state.isMuted && <span className="block text-sm text-bad">{strings.call.muted}</span>}
          </p>
        </section>
        {hasCaptions && (
          <section aria-label={strings.call.captions} className="flex min-h-0 flex-1 flex-col border-t border-line lg:my-4 lg:rounded-lg lg:border lg:bg-surface">
            <CaptionLog captions={state.captions} personaName={persona.name} />
          </section>
        )}
      </div>
      {showTyping && <Typing fieldRef={field} isEnabled={isLive} onSay={(text) => session.dispatch({ type: "say", text })} />}
      <Controls
        isMuted={state.isMuted}
        hasCaptions={hasCaptions}
        isTyping={showTyping}
        isEnding={state.phase.at === "ending"}
        onMute={mute}
        onCaptions={() => setCaptions(!hasCaptions)}
        onType={type}
        onDevices={() => setQuestion("devices")}
        onEnd={() => setQuestion("end")}
      />
      <p className="text-center text-xs text-ink-soft max-lg:hidden">{strings.call.keys}</p>
      <DevicesDialog session={session} microphoneLabel={state.microphoneLabel} isOpen={question === "devices"} onOpenChange={(isOpen) => setQuestion(isOpen ? "devices" : null)} />
      <EndDialog isOpen={question === "end"} personaName={persona.name} onStay={() => setQuestion(null)} onEnd={() => session.dispatch({ type: "hang_up" })} />
    </main>
  );
}

function EndDialog({ isOpen, personaName, onStay, onEnd }: { isOpen: boolean; personaName: string; onStay: () => void; onEnd: () => void }) {
  const words = strings.call;
  const end = () => {
    onStay();
    onEnd();
  };
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={(isStillOpen) => {
        if (!isStillOpen) onStay();
      }}
      title={words.endTitle}
      text={words.endText(personaName)}
      actions={
        <>
          <Button onClick={onStay}>{words.endStay}</Button>
          <Button look="danger" onClick={end}>
            {words.endNow}
          </Button>
        </>
      }
    />
  );
}

/** Whoever goes back in the browser is asked first, as by the button. */
function useStaying(ask: () => void): void {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname);
  useScope(() => {
    if (blocker.state !== "blocked") return;
    blocker.reset();
    ask();
  }, [blocker.state]);
}

/** What goes on, in words. */
function wordsFor(state: CallState, name: string): string {
  const words = strings.call;
  switch (state.phase.at) {
    case "opening":
      return words.opening;
    case "connecting":
      return state.trying.rung === "udp" ? words.connecting(name) : words.anotherWay;
    case "reconnecting":
      return state.phase.isServerAway ? words.serverAway : words.reconnecting;
    case "ending":
      return words.ending;
    default:
      return state.isHeld ? words.held(name) : words.doing(state.doing, name);
  }
}
