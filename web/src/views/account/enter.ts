import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { meQuery } from "../../api/queries";
import type { Me } from "../../shell/session";

/** Lets somebody in whose session has begun. What somebody else asked for before is forgotten. */
export function useEnter(): (me: Me, path: string) => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (me, path) => {
    queries.clear();
    queries.setQueryData(meQuery.queryKey, me);
    void navigate(path, { replace: true });
  };
}
