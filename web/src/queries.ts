/** The cache of the hub's answers, and what happens when an answer says that the session is over. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Fault } from "./api/fault";
import { sessionQuery } from "./api/session";

/** `sessionChanged` is called when the session turned out to be over. */
export function makeQueryClient(sessionChanged: () => void): QueryClient {
  const client: QueryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => count < 2 && (!(error instanceof Fault) || error.status >= 500),
        retryDelay: (count) => 500 * 2 ** count,
      },
    },
    queryCache: new QueryCache({ onError: (error) => void lookAgain(error) }),
    mutationCache: new MutationCache({ onError: (error) => void lookAgain(error) }),
  });
  /** A 401 or 403 may mean a dead session or an old CSRF token: both are told by asking for the session. */
  async function lookAgain(error: unknown): Promise<void> {
    const had = client.getQueryData(sessionQuery.queryKey);
    if (!(error instanceof Fault) || ![401, 403].includes(error.status) || had === null || had === undefined) return;
    const now = await client.fetchQuery({ ...sessionQuery, staleTime: 0 }).catch(() => had);
    if (now === null) sessionChanged();
  }
  return client;
}
