/** Access keys as the hub gives and takes them. */
import { useChange } from "../../api/changes";
import { hub, take } from "../../api/client";
import { useList } from "../../api/lists";
import type { Key, Scope } from "../../api/shapes";

const KEYS = ["access-keys"] as const;

/** `owner` is "me", "all" or a user's id. */
export function useKeys(owner: string, status: "live" | "all") {
  return useList<Key>([...KEYS, owner, status], (after) =>
    take(hub.GET("/api/access-keys", { params: { query: { owner, status, ...(after === undefined ? {} : { after }) } } })),
  );
}

export interface KeyLimits {
  scopes: Scope[] | null;
  models: string[] | null;
  addresses: string[] | null;
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  concurrency: number | null;
  strict: boolean;
}

/** Runs a change of keys and looks at the lists anew. */
export function useKeyChange<V, T>(change: (values: V) => Promise<T>, done?: (result: T) => void) {
  return useChange(KEYS, change, done);
}

export const revokeKey = (id: string): Promise<Key> =>
  take(hub.DELETE("/api/access-keys/{id}", { params: { path: { id } } }));
