/** Sign-in never leads away from the hub. */
import { expect, test } from "vitest";
import { isOpenable, isServed, safeNext } from "./next";

test.each(["/", "/access-keys", "/consent?request=a%2Fb", "/device?user_code=AB#x", "/.well-known/service/x?y=1"])(
  "%s is followed", (path) => expect(safeNext(path)).toBe(path));

test.each([
  "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "evil", "/\t/evil.example",
  "/\n/evil.example", "\\\\evil.example", " //evil.example", undefined, null, 7, {},
])("%j leads to the overview", (path) => expect(safeNext(path)).toBe("/"));

test("only addresses that the hub answers itself are loaded anew", () => {
  expect(isServed("/oauth/authorize?client_id=a")).toBe(true);
  expect(isServed("/access-keys")).toBe(false);
});

test("a redirect of an application may be any address but a script", () => {
  expect(isOpenable("https://app.example/cb?code=1")).toBe(true);
  expect(isOpenable("com.example.app:/cb?code=1")).toBe(true);
  expect(isOpenable("http://127.0.0.1:4000/cb")).toBe(true);
  for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "\tjavascript:alert(1)", "data:text/html,x", "http://"]) {
    expect(isOpenable(bad), bad).toBe(false);
  }
});
