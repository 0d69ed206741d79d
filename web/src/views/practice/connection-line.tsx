import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";

import { strings } from "../../strings";
import { IconButton } from "../../ui/button";
import { connectionQuery, type Path } from "./connection-check";

const words = strings.practice.check.connection;

/** How a call would travel from here, in a word. */
export function useConnection(): { path: Path | null; check: () => void } {
  const { data, isFetching, isError, refetch } = useQuery(connectionQuery);
  const path = isError ? "unchecked" : (data ?? null);
  return { path: isFetching ? null : path, check: () => void refetch() };
}

/** How a call would travel from here, and what that means. */
export function ConnectionStep() {
  const { path, check } = useConnection();
  return (
    <div className="flex items-start justify-between gap-3">
      <p role="status" className="text-sm">
        {path === null ? words.checking : words.explained[path]}
      </p>
      <IconButton label={words.again} disabled={path === null} onClick={check} className="-my-1.5">
        <RotateCw aria-hidden />
      </IconButton>
    </div>
  );
}
