/** Whatever code a browser is sent back with, people read a sentence. */
import { expect, test } from "vitest";
import { say } from "../language/language";
import { Fault } from "./fault";
import { explainSso, inSsoWords } from "./ssoFault";

const rooms = import.meta.glob<string>(
  ["../../../src/aigne_hub/flows/{sign_in_sso,openid}.py", "../../../src/aigne_hub/access/signin/sso/{claims,identities}.py"],
  { query: "?raw", import: "default", eager: true },
);
const NOT_BROUGHT = new Set(["last_way_in"]); // of unlinking, which answers the page itself
const sent = Object.values(rooms).flatMap((source) =>
  [...source.matchAll(/code="(\w+)"|_refused\("(\w+)"/g)].map(([, code, refused]) => code ?? refused ?? ""));
const codes = new Set(sent.filter((code) => !NOT_BROUGHT.has(code)));

test("the hub's codes are found", () => expect(codes.size).toBeGreaterThan(7));

test.each([...codes])("%s has words of its own in both languages", (code) => {
  for (const language of ["en", "zh"] as const) {
    const told = explainSso(code, (entry, values) => say(language, entry, values));
    const generic = explainSso("unknown", (entry, values) => say(language, entry, values));
    expect(told).not.toContain(code);
    if (code !== "sso_failed") expect(told).not.toBe(generic);
  }
});

test("what somebody wrote into the address is not shown", () => {
  for (const code of ["call 555-0100", "constructor", "__proto__"]) {
    expect(explainSso(code, (entry) => entry[0])).toContain("did not work");
  }
});

test("a provider that cannot be asked is told in these words, and anything else as everywhere", () => {
  const away = inSsoWords(new Fault(400, "sso_unreachable", "the issuer names no jwks_uri"), (entry) => entry[0]);
  expect(String(away)).toContain("cannot be reached");
  const other = new Fault(403, "csrf", "");
  expect(inSsoWords(other, (entry) => entry[0])).toBe(other);
});
