import { useQuery, useQueryClient, type QueryCacheNotifyEvent } from "@tanstack/react-query";
import { useState } from "react";

import { answered, api, Refused, Unreachable } from "../api/client";
import { useScope } from "../ui/use-scope";

/** How the page stands with the server. */
export type Connection = "connected" | "offline" | "unreachable";

const ASK_EVERY_MS = 4000;

/** What an answer, or its absence, says about the server; null when it says nothing. */
export function toldBy(event: QueryCacheNotifyEvent): "reached" | "missed" | null {
  if (event.type !== "updated") return null;
  const { action } = event;
  if (action.type === "success") return action.manual === true ? null : "reached";
  if (action.type !== "error" && action.type !== "failed") return null;
  if (action.error instanceof Unreachable) return "missed";
  return action.error instanceof Refused ? "reached" : null;
}

/** Watches whether the server answers. What could not be loaded meanwhile is loaded once it does. */
export function useConnection(): Connection {
  const queries = useQueryClient();
  const [isOnline, setIsOnline] = useState(() => navigator.onLine);
  const [isReached, setIsReached] = useState(true);
  useScope((scope) => {
    scope.on(window, "online", () => setIsOnline(true));
    scope.on(window, "offline", () => setIsOnline(false));
    scope.onEnd(
      queries.getQueryCache().subscribe((event) => {
        const told = toldBy(event);
        if (told === null) return;
        setIsReached((was) => {
          const is = told === "reached";
          return was === is ? was : is;
        });
      }),
    );
  }, [queries]);
  useScope(() => {
    if (!isReached) return;
    const wasMissed = (error: Error | null) => error instanceof Unreachable;
    void queries.refetchQueries({ type: "active", predicate: (query) => wasMissed(query.state.error) });
  }, [isReached, queries]);
  useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => answered(api.GET("/api/health", { signal })),
    enabled: !isReached,
    refetchInterval: ASK_EVERY_MS,
    retry: false,
    gcTime: 0,
  });
  if (!isOnline) return "offline";
  return isReached ? "connected" : "unreachable";
}
