import type { QueryClient } from "@tanstack/react-query";

import { recentCallsQuery } from "../../api/calls";
import { meQuery } from "../../api/queries";
import { scenariosQuery } from "../../api/scenarios";

const RECENT = 5;

/** The last calls of somebody. */
export const lastCallsQuery = (userId: string) => recentCallsQuery({ user_id: userId }, RECENT);

/** Asks for all that the practice view shows, before it is drawn. */
export async function askAhead(queries: QueryClient): Promise<void> {
  const calls = queries.query(meQuery).then((me) => me && queries.query(lastCallsQuery(me.id)));
  await Promise.all([queries.query(scenariosQuery), calls]);
}
