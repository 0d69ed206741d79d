import "@fontsource-variable/inter";
import "./styles.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import { applyTheme, storedTheme } from "./shell/theme";
import { strings } from "./strings";

applyTheme(storedTheme());
document.documentElement.lang = strings.locale.slice(0, 2);
document.documentElement.dir = strings.direction;

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
