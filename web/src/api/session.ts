/** Who is signed in: asked once, kept fresh, and forgotten when the hub says the session is over. */
import { queryOptions, useQuery, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { hub, keepCsrfToken, take } from "./client";
import { Fault } from "./fault";
import type { Role, SessionState, User } from "./shapes";

/** The live session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<SessionState | null> => {
    try {
      const state = await take(hub.GET("/api/auth/session"));
      keepCsrfToken(state.csrfToken);
      return state;
    } catch (error) {
      if (!(error instanceof Fault) || error.status !== 401) throw error;
      keepCsrfToken(null);
      return null;
    }
  },
  staleTime: 60_000,
});

export const authStateQuery = queryOptions({
  queryKey: ["auth-state"],
  queryFn: () => take(hub.GET("/api/auth/state")),
  staleTime: 60_000,
});

export function useAuthState() {
  return useQuery(authStateQuery);
}

/**
 * The signed-in user; only for pages that need a session. When the session ends, the pages on screen keep the
 * last user for the moment until the router has left them.
 */
export function useMe(): User {
  const { data } = useSuspenseQuery(sessionQuery);
  const last = useRef<User | null>(null);
  if (data !== null) last.current = data.user;
  if (last.current === null) throw new Fault(401, "no_session", "nobody is signed in");
  return last.current;
}

export function isAdmin(user: User): boolean {
  return user.role === "owner" || user.role === "admin";
}

const RANKS: readonly Role[] = ["guest", "member", "admin", "owner"];

/** The roles that this user may give: none above the own. */
export function rolesUpTo(role: Role): Role[] {
  return RANKS.slice(0, RANKS.indexOf(role) + 1).reverse();
}

/** Ends the session here and at the hub; nothing that was read with it stays in memory. */
export async function endSession(client: QueryClient): Promise<void> {
  await take(hub.POST("/api/auth/sign-out"));
  keepCsrfToken(null);
  client.setQueryData(sessionQuery.queryKey, null);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
}

/** After a sign-in: everything known of an earlier session is dropped, and the new one is read. */
export async function startSession(client: QueryClient): Promise<void> {
  client.clear();
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
}
