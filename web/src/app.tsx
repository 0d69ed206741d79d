import { QueryClientProvider } from "@tanstack/react-query";
import { Direction } from "radix-ui";
import type { ComponentType } from "react";
import { preload } from "react-dom";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";

import { makeQueries, meQuery } from "./api/queries";
import { Shell, ViewLoading } from "./shell/shell";
import { practises, useMe } from "./shell/session";
import { strings } from "./strings";
import { Broken, NotFound } from "./views/broken";
import { askAhead } from "./views/practice/ahead";
import Practice from "./views/practice/practice";

const queries = makeQueries();

// Who is signed in is asked for before anything is drawn, and so is what most people come for.
const ahead = location.pathname === "/practice" ? askAhead(queries) : queries.query(meQuery);
ahead.catch(() => undefined);

// What a review shows is on its way while its code is.
const reviewed = /^\/calls\/[^/]+$/u.exec(location.pathname)?.[0];
if (reviewed !== undefined) {
  for (const part of ["", "/record", "/waveform"]) preload(`/api${reviewed}${part}`, { as: "fetch", crossOrigin: "anonymous" });
}

/** A view whose code is loaded before it is gone to. */
function view(load: () => Promise<{ default: ComponentType }>) {
  return async () => ({ Component: (await load()).default });
}

// Every address of the page.
const router = createBrowserRouter([
  {
    errorElement: <Broken />,
    hydrateFallbackElement: <ViewLoading />,
    children: [
      { path: "/sign-in", lazy: view(() => import("./views/account/sign-in")) },
      { path: "/setup", lazy: view(() => import("./views/account/set-up")) },
      { path: "/invitation", lazy: view(() => import("./views/account/invitation")) },
      { path: "/reset-password", lazy: view(() => import("./views/account/reset-password")) },
      { path: "/shared/:token", lazy: view(() => import("./views/review/shared")) },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <Broken />,
            children: [
              { path: "/", element: <Home /> },
              { path: "/practice", element: <Practice /> },
              { path: "/practice/:scenario", lazy: view(() => import("./views/practice/briefing")) },
              { path: "/practice/:scenario/call", lazy: view(() => import("./views/call/call")) },
              { path: "/calls", lazy: view(() => import("./views/calls/own-calls")) },
              { path: "/calls/:call", lazy: view(() => import("./views/review/review")) },
              { path: "/calls/:call/listen", lazy: view(() => import("./views/listen/listen")) },
              { path: "/team", lazy: view(() => import("./views/calls/team-calls")) },
              { path: "/account", lazy: view(() => import("./views/account/account")) },
              { path: "*", element: <NotFound /> },
            ],
          },
        ],
      },
    ],
  },
]);

/** The page. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Direction.Provider dir={strings.direction}>
        <RouterProvider router={router} />
      </Direction.Provider>
    </QueryClientProvider>
  );
}

function Home() {
  return <Navigate to={practises(useMe()) ? "/practice" : "/team"} replace />;
}
