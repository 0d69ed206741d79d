import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, Refused } from "../api/client";

/** Signs out, here or everywhere, and leaves nothing of what was seen in the page. */
export function useSignOut(where: "here" | "everywhere" = "here") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await answered(where === "here" ? api.POST("/api/auth/logout") : api.POST("/api/auth/logout_everywhere"));
      } catch (error) {
        // Whose session is over already is signed out.
        if (!(error instanceof Refused && error.status === 401)) throw error;
      }
    },
    onSuccess: () => {
      queries.clear();
      location.assign("/sign-in");
    },
  });
}
