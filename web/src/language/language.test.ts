/** Every text exists in both languages, with the same places to fill. */
import { expect, test } from "vitest";
import { say } from "./language";

const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
const PAIR = /\[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\]/g;
const CHINESE = /[\u4e00-\u9fff]/;
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

const pairs = Object.entries(sources)
  .filter(([path, source]) => source.includes("= dictionary({") && !path.endsWith(".test.ts"))
  .flatMap(([path, source]) => [...source.matchAll(PAIR)].map(([, en, zh]) => ({ path, en: en ?? "", zh: zh ?? "" })));

test("there are texts to look at", () => expect(pairs.length).toBeGreaterThan(300));

test("each text has its translation", () => {
  for (const { path, en, zh } of pairs) {
    expect(en.trim(), path).not.toBe("");
    expect(CHINESE.test(en), `${path}: ${en}`).toBe(false);
    expect(CHINESE.test(zh), `${path}: ${en}`).toBe(true);
    expect(places(zh), `${path}: ${en}`).toEqual(places(en));
  }
});

test("places are filled, and unknown ones stay visible", () => {
  expect(say("en", ["{a} of {b}", "{b} 的 {a}"], { a: 1, b: "two" })).toBe("1 of two");
  expect(say("zh", ["{a} of {b}", "{b} 的 {a}"], { a: 1, b: "two" })).toBe("two 的 1");
  expect(say("en", ["{a}", "{a}"])).toBe("{a}");
});
