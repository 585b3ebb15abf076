/** Users and invitations as the hub gives and takes them. */
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { useList } from "../../api/lists";
import type { Invitation, Role, User } from "../../api/shapes";

export const USERS = ["users"] as const;
export const INVITATIONS = ["invitations"] as const;

const next = (after: string | undefined): { after?: string } => (after === undefined ? {} : { after });
const of = (id: string) => ({ params: { path: { id } } });

export function useUsers(kind: User["kind"], q: string) {
  return useList<User>([...USERS, kind, q], (after) =>
    take(hub.GET("/api/users", { params: { query: { kind, ...(q === "" ? {} : { q }), ...next(after) } } })),
  );
}

export function useInvitations() {
  return useList<Invitation>(INVITATIONS, () => take(hub.GET("/api/invitations")));
}

export interface UserPatch {
  name?: string;
  role?: Role;
  isDisabled?: boolean;
}

export function useUserChange() {
  return useChange(USERS, ({ id, ...body }: UserPatch & { id: string }) =>
    take(hub.PATCH("/api/users/{id}", { ...of(id), body })));
}

export const signUserOut = (id: string) => take(hub.POST("/api/users/{id}/sign-out", of(id)));
export const revokeKeysOf = (id: string) => take(hub.POST("/api/users/{id}/revoke-keys", of(id)));
export const makeResetLink = (id: string) => take(hub.POST("/api/users/{id}/password-reset", of(id)));
