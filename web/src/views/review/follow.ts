/** Whether the transcript goes along with the voice. */
export interface Follow {
  isFollowing: boolean;
}

/** What may change that: somebody scrolls, asks for it, goes to another place, or looks something up. */
export type FollowEvent = "scrolled" | "asked" | "sought" | "found";

/** At first it follows. */
export const FOLLOWING: Follow = { isFollowing: true };

/** Whoever scrolls or searches reads elsewhere; whoever asks, or goes to a place, wants to be led again. */
export function follow(state: Follow, event: FollowEvent): Follow {
  const isFollowing = event === "asked" || event === "sought";
  return isFollowing === state.isFollowing ? state : { isFollowing };
}
