import { ChevronDown } from "lucide-react";
import { useState, type ButtonHTMLAttributes, type ComponentType, type KeyboardEvent, type Ref } from "react";

import { initials } from "../format";
import { strings } from "../strings";
import { Monogram } from "../ui/monogram";
import { useMe } from "./session";

const opened = () => import("./menu-opened");

/** Somebody reaches for the menu. Where this fails, a press tries again. */
const fetchAhead = () => void opened().catch(() => undefined);

export interface MenuProps {
  onSignOut: () => void;
}

/** The button of the menu. What it opens is fetched when somebody reaches for it: the view comes first. */
export function Menu(props: MenuProps) {
  const [Opened, setOpened] = useState<ComponentType<MenuProps> | null>(null);
  if (Opened !== null) return <Opened {...props} />;
  const open = () => void opened().then((code) => setOpened(() => code.default)).catch(() => undefined);
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") open();
  };
  return <MenuButton aria-haspopup="menu" aria-expanded={false} onPointerEnter={fetchAhead} onFocus={fetchAhead} onClick={open} onKeyDown={press} />;
}

/** Whose menu it is. */
export function MenuButton(props: ButtonHTMLAttributes<HTMLButtonElement> & { ref?: Ref<HTMLButtonElement> }) {
  const { name } = useMe();
  return (
    <button type="button" aria-label={strings.shell.menu(initials(name), name)} {...props} className="flex min-h-11 items-center gap-1 rounded-md px-1 hover:bg-hover">
      <Monogram name={name} of="rep" className="size-8" />
      <ChevronDown aria-hidden className="size-4 text-ink-faint" />
    </button>
  );
}
