import { Link } from "react-router";

import type { CallSummary } from "../../api/calls";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { CallRow } from "./call-row";

/** A call of one's own, and the way on from it. */
export function OwnCallRow({ call }: { call: CallSummary }) {
  const words = strings.practice.calls;
  const isLive = call.status === "live";
  const scenario = `/practice/${encodeURIComponent(call.scenario.id)}`;
  const next = (
    <Button asChild look={isLive ? "primary" : "plain"} className="sm:w-32">
      <Link to={isLive ? `${scenario}/call` : scenario} aria-label={(isLive ? words.goBackTo : words.againWith)(call.scenario.title)}>
        {isLive ? words.goBack : words.again}
      </Link>
    </Button>
  );
  return <CallRow call={call} to={isLive ? `${scenario}/call` : `/calls/${call.id}`} actions={next} />;
}
