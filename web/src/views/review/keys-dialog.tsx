import { strings } from "../../strings";
import { Dialog } from "../../ui/dialog";
import type { Keys } from "./use-keys";

const words = strings.review.keys;

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  keys: Keys;
}

/** Which keys there are, and a way to turn them off: single letters get in the way of whoever speaks to their computer. */
export function KeysDialog({ isOpen, onOpenChange, keys }: Props) {
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title={words.title} text={words.hint}>
      <label className="flex min-h-11 items-center gap-3 text-sm font-medium">
        <input type="checkbox" className="size-4 accent-accent" checked={keys.isOn} onChange={(event) => keys.setIsOn(event.target.checked)} />
        {words.on}
      </label>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
        {words.list.map(([key, what]) => (
          <div key={key} className="contents">
            <dt className="font-medium whitespace-nowrap">{key}</dt>
            <dd className="text-ink-soft">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
