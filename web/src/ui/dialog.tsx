import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

import { strings } from "../strings";
import { IconButton } from "./button";

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  /** What it is about, in a sentence. */
  text?: ReactNode;
  children?: ReactNode;
  /** Buttons at its end. */
  actions?: ReactNode;
}

/** A question over the page, which waits for its answer. On a phone it comes from below. */
export function Dialog({ isOpen, onOpenChange, title, text, children, actions }: Props) {
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.4)]" />
        <Radix.Content
          {...(text === undefined ? { "aria-describedby": undefined } : {})}
          className="fixed inset-x-0 bottom-0 z-50 flex max-h-[90dvh] flex-col gap-4 overflow-y-auto rounded-t-lg border border-line bg-raised p-5 shadow-raised sm:inset-auto sm:start-1/2 sm:top-1/2 sm:w-full sm:max-w-md sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-lg rtl:sm:translate-x-1/2"
        >
          <div className="flex items-start justify-between gap-4">
            <Radix.Title className="pt-1.5 text-lg font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={strings.common.close}>
                <X aria-hidden />
              </IconButton>
            </Radix.Close>
          </div>
          {text !== undefined && <Radix.Description className="text-sm text-ink-soft">{text}</Radix.Description>}
          {children}
          {actions && <div className="flex flex-wrap justify-end gap-2">{actions}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
