/** The names that pages use for the API's shapes; the shapes themselves are generated, and found by the path they come from. */
import type { paths } from "./schema";

type Json<R> = R extends { content: { "application/json": infer T } } ? T : never;

/** The body of the success of an operation. */
type Answer<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { responses: infer R }
  ? Json<R[keyof R & (200 | 201)]>
  : never;

type ItemOf<T> = T extends { list: (infer I)[] } ? I : never;

export type App = ItemOf<Answer<"/api/me/apps", "get">>;
export type AuditRow = ItemOf<Answer<"/api/audit", "get">>;
export type Client = ItemOf<Answer<"/api/oauth-clients", "get">>;
export type Grant = Client["grants"][number];
export type Identity = ItemOf<Answer<"/api/me/identities", "get">>;
export type Invitation = ItemOf<Answer<"/api/invitations", "get">>;
export type Key = Answer<"/api/access-keys/{id}", "get">;
export type Link = Answer<"/api/auth/links/open", "post">;
export type NewClient = Answer<"/api/oauth-clients", "post">;
export type NewInvitation = Answer<"/api/invitations", "post">;
export type NewKey = Answer<"/api/access-keys", "post">;
export type Passkey = ItemOf<Answer<"/api/me/passkeys", "get">>;
export type PasskeyChallenge = Answer<"/api/auth/passkey/options", "post">;
export type Role = User["role"];
export type Scope = NonNullable<Key["scopes"]>[number];
export type Session = ItemOf<Answer<"/api/me/sessions", "get">>;
export type SessionState = Answer<"/api/auth/session", "get">;
export type SsoIssuer = ItemOf<Answer<"/api/sso-issuers", "get">>;
export type TrustedIssuer = ItemOf<Answer<"/api/trusted-issuers", "get">>;
export type User = Answer<"/api/users/{id}", "get">;

export interface Page<T, C = string> {
  list: T[];
  next?: C | null;
}
