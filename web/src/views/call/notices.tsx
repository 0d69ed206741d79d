import { Ear, Headphones, Keyboard, MicOff, Volume2, VolumeX, WifiOff } from "lucide-react";
import type { ReactNode } from "react";

import type { CallSession } from "../../call/session";
import type { CallState } from "../../call/state";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { classes } from "../../ui/classes";

/** What somebody in a call has to know, each with its way on. */
export function Notices({ session, state, personaName }: { session: CallSession; state: CallState; personaName: string }) {
  const words = strings.call;
  const names = state.listeners.map(({ name }) => name);
  return (
    <div role="status" className="mx-auto flex w-full max-w-xl flex-col gap-2 px-4 empty:hidden">
      {state.isSoundBlocked && (
        <Notice tone="warn" icon={<Volume2 aria-hidden />} action={<Button look="primary" onClick={() => session.dispatch({ type: "hear" })}>{words.hear}</Button>}>
          {words.hearText(personaName)}
        </Notice>
      )}
      {state.isOffline && (
        <Notice tone="warn" icon={<WifiOff aria-hidden />}>
          {words.offline}
        </Notice>
      )}
      {state.microphone && (
        <Notice tone="warn" icon={<MicOff aria-hidden />}>
          {words.microphoneNotice(state.microphone)}
        </Notice>
      )}
      {state.hasEcho && (
        <Notice tone="warn" icon={<Headphones aria-hidden />}>
          {strings.devices.echo(personaName)}
        </Notice>
      )}
      {state.hasNoSpeaker && (
        <Notice tone="warn" icon={<VolumeX aria-hidden />}>
          {words.noSpeaker}
        </Notice>
      )}
      {state.cannotType && (
        <Notice tone="warn" icon={<Keyboard aria-hidden />}>
          {words.cannotType}
        </Notice>
      )}
      {names.length > 0 && (
        <Notice tone="plain" icon={<Ear aria-hidden />}>
          {names.length === 1 ? words.listeners(names[0] ?? "") : words.manyListeners(new Intl.ListFormat(strings.locale).format(names))}
        </Notice>
      )}
    </div>
  );
}

function Notice({ tone, icon, action, children }: { tone: "warn" | "plain"; icon: ReactNode; action?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes("flex items-center gap-3 rounded-md px-3 py-2 text-sm [&>svg]:size-4.5 [&>svg]:shrink-0", tone === "warn" ? "bg-warn-soft text-warn" : "bg-accent-soft text-accent-strong")}>
      {icon}
      <span className="flex-1">{children}</span>
      {action}
    </div>
  );
}
