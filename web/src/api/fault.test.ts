/** A refusal is told in plain words, whatever shape it has. */
import { expect, test } from "vitest";
import { explain, Fault, faultOf } from "./fault";
import { say } from "../language/language";

const inEnglish = (entry: readonly [string, string], values = {}): string => say("en", entry, values);
const answered = (status: number, body: unknown, headers = {}): Fault => faultOf(new Response(null, { status, headers }), body);

test("the hub's own words, and the field they are about", () => {
  const fault = answered(400, { error: { message: "this is not a network", type: "x", code: "invalid", param: "addresses" } });
  expect(fault.param).toBe("addresses");
  expect(explain(fault, inEnglish)).toBe("This is not a network.");
});

test("known codes are translated, with the time to wait", () => {
  const fault = answered(429, { error: { message: "", type: "x", code: "too_many_attempts" } }, { "retry-after": "30" });
  expect(explain(fault, inEnglish)).toContain("30 seconds");
  expect(explain(new Fault(401, "sign_in_refused", ""), inEnglish)).toContain("not right");
});

test("an answer that is no error object still says something", () => {
  expect(explain(answered(502, "<html>"), inEnglish)).toBe("HTTP 502.");
  expect(explain(new TypeError("Failed to fetch"), inEnglish)).toContain("does not answer");
});
