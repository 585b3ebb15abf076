/** Where a sign-in leads: only to pages of this hub, because `next` comes from the address and anyone may have written it. */

/** The path itself when it is a relative path of this origin, and "/" for everything else. */
export function safeNext(next: unknown): string {
  if (typeof next !== "string" || !/^\/(?![/\\])/.test(next) || hasControls(next)) return "/";
  return next;
}

/** Browsers drop tabs and line breaks from addresses, so "/\t/host" would become "//host". */
function hasControls(text: string): boolean {
  return [...text].some((one) => one.charCodeAt(0) < 32 || one.charCodeAt(0) === 127);
}

const SERVED = ["/api/", "/oauth/"];

/** True where the hub itself answers, so that the browser has to load the address anew. */
export function isServed(path: string): boolean {
  return SERVED.some((start) => path.startsWith(start));
}

/** False for addresses that would run as a script or show what the page did not load. */
export function isOpenable(address: string): boolean {
  try {
    const { protocol } = new URL(address, "https://here.invalid");
    return !["javascript:", "data:", "vbscript:", "blob:", "file:", "about:"].includes(protocol);
  } catch {
    return false;
  }
}
