/** A key's state follows from its times. */
import { expect, test } from "vitest";
import { stateOf } from "./state";

const now = new Date("2030-01-01T00:00:00Z");
const none = { revokedAt: null, expiresAt: null, previousUntil: null };
const past = "2029-12-31T00:00:00Z";
const future = "2030-01-02T00:00:00Z";

test.each([
  ["live", none],
  ["live", { ...none, expiresAt: future, previousUntil: past }],
  ["rotating", { ...none, previousUntil: future }],
  ["expired", { ...none, expiresAt: past, previousUntil: future }],
  ["revoked", { ...none, revokedAt: past, expiresAt: past }],
] as const)("%s", (state, key) => expect(stateOf(key, now)).toBe(state));
