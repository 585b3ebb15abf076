/** What state a key is in, decided from its times alone. */
import type { Key } from "../../api/shapes";

export type KeyState = "live" | "revoked" | "expired" | "rotating";

export function stateOf(key: Pick<Key, "revokedAt" | "expiresAt" | "previousUntil">, now: Date): KeyState {
  const isPast = (at: string | null): boolean => at !== null && new Date(at) <= now;
  if (key.revokedAt !== null) return "revoked";
  if (isPast(key.expiresAt)) return "expired";
  return key.previousUntil !== null && !isPast(key.previousUntil) ? "rotating" : "live";
}
