import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Link } from "react-router";

import { strings } from "../strings";
import { classes } from "../ui/classes";
import { MenuButton, type MenuProps } from "./menu";
import { useMe } from "./session";
import { applyTheme, THEMES, useTheme, type Theme } from "./theme";

const ITEM = "flex min-h-11 items-center rounded-sm px-3 text-sm outline-none select-none data-highlighted:bg-hover sm:min-h-9";

/** What somebody does with their account, and how the page looks. It is open at first: somebody asked for it. */
export default function Opened({ onSignOut }: MenuProps) {
  const me = useMe();
  const words = strings.shell;
  const separator = <DropdownMenu.Separator className="my-1 h-px bg-line" />;
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>
        <MenuButton />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className="z-50 max-w-[calc(100vw-2rem)] min-w-56 rounded-md border border-line bg-raised p-1 shadow-raised">
          <div className="px-3 py-2">
            <div className="truncate text-sm font-medium">{me.name}</div>
            <div className="truncate text-xs text-ink-soft">{me.org.name}</div>
          </div>
          {separator}
          <DropdownMenu.Item asChild className={ITEM}>
            <Link to="/account">{words.account}</Link>
          </DropdownMenu.Item>
          {separator}
          <Appearance />
          {separator}
          <DropdownMenu.Item className={ITEM} onSelect={onSignOut}>
            {words.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Appearance() {
  const words = strings.shell.theme;
  return (
    <>
      <DropdownMenu.Label className="px-3 py-1 text-xs text-ink-faint">{words.label}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={useTheme()} onValueChange={(chosen) => applyTheme(chosen as Theme)}>
        {THEMES.map((theme) => (
          <DropdownMenu.RadioItem key={theme} value={theme} className={classes(ITEM, "justify-between gap-4")}>
            {words[theme]}
            <DropdownMenu.ItemIndicator>
              <Check aria-hidden className="size-4" />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </>
  );
}
