/** A browser's long name for itself, made short. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrome\//, "Chrome"], [/Safari\//, "Safari"],
  [/curl\//, "curl"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Mac OS X/, "Mac"], [/Windows/, "Windows"],
  [/Linux/, "Linux"],
];

/** Null where nothing is recognised. */
export function shortAgent(agent: string): { browser: string | null; system: string | null } {
  const find = (among: readonly (readonly [RegExp, string])[]): string | null =>
    among.find(([mark]) => mark.test(agent))?.[1] ?? null;
  return { browser: find(BROWSERS), system: find(SYSTEMS) };
}
