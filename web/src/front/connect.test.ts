/** The address that the published clients open is understood. */
import { expect, test } from "vitest";
import { connectRequest, sessionIdOf } from "./connect";

const encode = (text: string): string => Buffer.from(text).toString("base64url");

test("the token is url-safe base64 without padding", () => {
  for (const sid of ["a", "ab", "abc", "7f9c2ba4-e88f-4a51-8b7d-2f3a1c5d9e00", "x_y-z.9:1"]) {
    expect(sessionIdOf(encode(sid))).toBe(sid);
    expect(sessionIdOf(Buffer.from(sid).toString("base64")), "padded base64 is taken too").toBe(sid);
  }
});

test("what is no token gives no session", () => {
  for (const bad of ["", "%%%", "a", "ab cd", encode(""), encode("two words"), encode("a/../b"), encode("\u0000"), "_____w"]) {
    expect(sessionIdOf(bad), bad).toBeNull();
  }
});

test("the rest of the address is read as it is written", () => {
  const search = new URLSearchParams({
    __token__: encode("s1"), source: "cli", appName: "My App", closeOnSuccess: "true", required_roles: "owner, admin",
  });
  expect(connectRequest(search)).toEqual({
    sid: "s1", source: "cli", appName: "My App", closeOnSuccess: true, requiredRoles: "owner, admin",
  });
  expect(connectRequest(new URLSearchParams())).toBeNull();
  expect(connectRequest(new URLSearchParams({ __token__: encode("s1") }))).toEqual({
    sid: "s1", source: "", appName: "", closeOnSuccess: false, requiredRoles: null,
  });
});
