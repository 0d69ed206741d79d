/** How the page looks: as the system does, or as somebody chose. */
export type Theme = "system" | "light" | "dark";

const KEY = "ringcraft.theme";

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
}
