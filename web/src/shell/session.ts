import { createContext, useContext } from "react";

import type { Api } from "../api/client";

export type Me = Api<"Me">;

export const SignedIn = createContext<Me | null>(null);

/** Who is signed in. Views below the shell have somebody. */
export function useMe(): Me {
  const me = useContext(SignedIn);
  if (me === null) throw new Error("this view is shown to people who are signed in alone");
  return me;
}

/** Whether they see calls of others: hr sees that calls were held, and a manager what was said. */
export const seesTeam = (me: Me): boolean => me.role !== "rep";

/** Whether they may practise. */
export const practises = (me: Me): boolean => me.role !== "hr";
