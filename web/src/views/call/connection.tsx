import { Signal, SignalMedium } from "lucide-react";
import { Popover } from "radix-ui";

import type { Why } from "../../call/ladder";
import type { Path } from "../../call/state";
import { strings } from "../../strings";

/** How the call travels, and why not otherwise. */
export function Connection({ path, why }: { path: Path; why: Why | null }) {
  const words = strings.call.connection;
  const name = words.name(path.protocol);
  const Icon = path.protocol === "udp" ? Signal : SignalMedium;
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={words.label(name)} className="inline-flex min-h-11 items-center gap-1.5 rounded-full px-3 text-sm text-ink-soft hover:bg-hover hover:text-ink">
        <Icon aria-hidden className="size-4" />
        {name}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={4} collisionPadding={12} className="z-50 flex max-w-72 flex-col gap-1 rounded-md border border-line bg-raised p-4 text-sm shadow-raised">
          <p>{words.text(path.protocol, why)}</p>
          {path.roundTripMs !== null && <p className="text-ink-soft">{words.roundTrip(path.roundTripMs)}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
