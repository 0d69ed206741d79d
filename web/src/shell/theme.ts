import { useSyncExternalStore } from "react";

/** How the page looks: as the system does, or as somebody chose. */
export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const KEY = "ringcraft.theme";

const shown = new Set<() => void>();

/** What was chosen before. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Shows the page so, and remembers it. */
export function applyTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === "system") {
    localStorage.removeItem(KEY);
    delete dataset["theme"];
  } else {
    localStorage.setItem(KEY, theme);
    dataset["theme"] = theme;
  }
  for (const tell of shown) tell();
}

/** What is chosen, wherever it is shown. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, storedTheme);
}

function subscribe(tell: () => void): () => void {
  shown.add(tell);
  return () => shown.delete(tell);
}
