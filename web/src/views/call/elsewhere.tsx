import { AppWindow } from "lucide-react";
import { Link } from "react-router";

import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { NoticeScreen } from "./notice-screen";

/** Another tab has the call. */
export function Elsewhere({ wasTaken, onTakeOver }: { wasTaken: boolean; onTakeOver: () => void }) {
  const words = wasTaken ? strings.call.taken : strings.call.elsewhere;
  return (
    <NoticeScreen
      icon={<AppWindow aria-hidden className="size-10 text-ink-faint" />}
      title={words.title}
      text={words.text}
      actions={
        <>
          <Button look={wasTaken ? "plain" : "primary"} size="large" onClick={onTakeOver}>
            {words.action}
          </Button>
          <Button size="large" asChild>
            <Link to="/practice">{strings.call.toPractice}</Link>
          </Button>
        </>
      }
    />
  );
}
