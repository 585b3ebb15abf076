/** The names that pages use for the API's shapes; the shapes themselves are generated. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type App = Schemas["App"];
export type AuditRow = Schemas["AuditRow"];
export type AuthState = Schemas["AuthState"];
export type Client = Schemas["Client"];
export type Grant = Schemas["Grant"];
export type Identity = Schemas["Identity"];
export type Invitation = Schemas["Invitation"];
export type Key = Schemas["Key"];
export type Link = Schemas["Link"];
export type NewClient = Schemas["NewClient"];
export type NewInvitation = Schemas["NewInvitation"];
export type NewKey = Schemas["NewKey"];
export type Passkey = Schemas["Passkey"];
export type PasskeyChallenge = Schemas["PasskeyChallenge"];
export type Role = Schemas["Role"];
export type Scope = Schemas["Scope"];
export type Session = Schemas["Session"];
export type SessionState = Schemas["SessionState"];
export type SsoIssuer = Schemas["SsoIssuer"];
export type TrustedIssuer = Schemas["TrustedIssuer"];
export type User = Schemas["User"];

export interface Page<T> {
  list: T[];
  next: string | null;
}
