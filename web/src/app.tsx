import { QueryClientProvider } from "@tanstack/react-query";
import { Direction, Tooltip } from "radix-ui";
import { lazy, Suspense, useState } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";

import { makeQueries } from "./api/queries";
import { Shell, ViewLoading } from "./shell/shell";
import { practises, useMe } from "./shell/session";
import { strings } from "./strings";
import { Broken, NotFound } from "./views/broken";

const SignIn = lazy(() => import("./views/account/sign-in"));
const SetUp = lazy(() => import("./views/account/set-up"));
const Invitation = lazy(() => import("./views/account/invitation"));
const ResetPassword = lazy(() => import("./views/account/reset-password"));
const Account = lazy(() => import("./views/account/account"));
const Practice = lazy(() => import("./views/practice/practice"));
const Briefing = lazy(() => import("./views/practice/briefing"));
const Calls = lazy(() => import("./views/calls/own-calls"));
const TeamCalls = lazy(() => import("./views/calls/team-calls"));
const Call = lazy(() => import("./views/call/call"));
const Review = lazy(() => import("./views/review/review"));
const Listen = lazy(() => import("./views/listen/listen"));
const Shared = lazy(() => import("./views/review/shared"));

// Every address of the page.
const router = createBrowserRouter([
  {
    errorElement: <Broken />,
    children: [
      { path: "/sign-in", element: <SignIn /> },
      { path: "/setup", element: <SetUp /> },
      { path: "/invitation", element: <Invitation /> },
      { path: "/reset-password", element: <ResetPassword /> },
      { path: "/shared/:token", element: <Shared /> },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <Broken />,
            children: [
              { path: "/", element: <Home /> },
              { path: "/practice", element: <Practice /> },
              { path: "/practice/:scenario", element: <Briefing /> },
              { path: "/practice/:scenario/call", element: <Call /> },
              { path: "/calls", element: <Calls /> },
              { path: "/calls/:call", element: <Review /> },
              { path: "/calls/:call/listen", element: <Listen /> },
              { path: "/team", element: <TeamCalls /> },
              { path: "/account", element: <Account /> },
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
  const [queries] = useState(makeQueries);
  return (
    <QueryClientProvider client={queries}>
      <Direction.Provider dir={strings.direction}>
        <Tooltip.Provider delayDuration={300}>
          <Suspense fallback={<ViewLoading />}>
            <RouterProvider router={router} />
          </Suspense>
        </Tooltip.Provider>
      </Direction.Provider>
    </QueryClientProvider>
  );
}

function Home() {
  return <Navigate to={practises(useMe()) ? "/practice" : "/team"} replace />;
}
