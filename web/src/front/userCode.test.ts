/** A device's code may be typed as people type. */
import { expect, test } from "vitest";
import { groupedCode } from "./userCode";

test.each([
  ["bcdfghjk", "BCDF-GHJK"], ["BCDF-GHJK", "BCDF-GHJK"], ["bc df gh jk zz", "BCDF-GHJK"], ["bcdf", "BCDF"], ["bcdf-", "BCDF"],
])(
  "%s becomes %s", (typed, code) => expect(groupedCode(typed)).toBe(code));
