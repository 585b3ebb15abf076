/** Who is signed in: asked once, kept fresh, and forgotten when the hub says the session is over. */
import { queryOptions, useQuery, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
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

/** The signed-in user; only for pages inside the shell. */
export function useMe(): User {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Fault(401, "no_session", "nobody is signed in");
  return data.user;
}

export function isAdmin(user: User): boolean {
  return user.role === "owner" || user.role === "admin";
}

const RANKS: readonly Role[] = ["guest", "member", "admin", "owner"];

/** The roles that this user may give: none above the own. */
export function rolesUpTo(role: Role): Role[] {
  return RANKS.slice(0, RANKS.indexOf(role) + 1).reverse();
}

/** After a sign-in: everything known of an earlier session is dropped, and the new one is read. */
export async function startSession(client: QueryClient): Promise<void> {
  client.clear();
  await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
}
