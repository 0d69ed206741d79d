import { CircleAlert, MicOff, WifiOff } from "lucide-react";
import { Link } from "react-router";

import type { CallSession } from "../../call/session";
import type { Fault } from "../../call/state";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { NoticeScreen } from "./notice-screen";

/** What another try may mend. */
const RETRIES: Fault["what"][] = ["microphone", "refused", "taken", "busy", "unreachable", "no_way"];

/** Something stands in the way of the call: what, and how to go on. */
export function Trouble({ session, fault, scenarioId }: { session: CallSession; fault: Fault; scenarioId: string }) {
  const { title, text } = strings.call.fault(fault);
  const again = `/practice/${encodeURIComponent(scenarioId)}`;
  const mayRetry = RETRIES.includes(fault.what);
  return (
    <NoticeScreen
      icon={<Icon fault={fault} />}
      title={title}
      text={text}
      actions={
        <>
          {mayRetry && (
            <Button look="primary" size="large" onClick={() => session.dispatch({ type: "retry" })}>
              {strings.common.retry}
            </Button>
          )}
          {fault.what === "microphone" && (
            <Button size="large" onClick={() => session.dispatch({ type: "type_instead" })}>
              {strings.call.typeInstead}
            </Button>
          )}
          {fault.what === "signed_out" && (
            <Button look="primary" size="large" asChild>
              <a href={`/sign-in?next=${encodeURIComponent(again)}`}>{strings.call.signIn}</a>
            </Button>
          )}
          <Button size="large" asChild onClick={() => session.dispatch({ type: "hang_up" })}>
            <Link to="/practice">{strings.call.toPractice}</Link>
          </Button>
        </>
      }
    />
  );
}

function Icon({ fault }: { fault: Fault }) {
  const look = "size-10 text-bad";
  if (fault.what === "microphone") return <MicOff aria-hidden className={look} />;
  if (fault.what === "unreachable" || fault.what === "no_way") return <WifiOff aria-hidden className={look} />;
  return <CircleAlert aria-hidden className={look} />;
}
