/** Times are told as people say them. */
import { expect, test } from "vitest";
import { relative } from "./Moment";

const now = new Date("2030-01-31T12:00:00Z");
const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

test.each([
  [0, "now"], [-59, "now"], [-60, "1 minute ago"], [-3600 * 5, "5 hours ago"], [-86_400, "yesterday"],
  [86_400 * 50, "in 50 days"], [-86_400 * 200, "6 months ago"], [86_400 * 800, "in 2 years"],
])("%d s from now is %s", (seconds, text) => expect(relative(after(seconds), now, "en")).toBe(text));

test("in Chinese too", () => expect(relative(after(-300), now, "zh")).toBe("5分钟前"));
