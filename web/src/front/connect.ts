/** The address of the connect page, as the published clients write it. */

export interface ConnectRequest {
  sid: string;
  source: string;
  appName: string;
  closeOnSuccess: boolean;
  /** As the client wrote them; the hub reads them. */
  requiredRoles: string | null;
}

/** The session id inside `__token__`: url-safe base64 of UTF-8, padding optional. Null when it is not one. */
export function sessionIdOf(token: string): string | null {
  if (!/^[\w+/-]+={0,2}$/.test(token)) return null;
  try {
    const bytes = atob(token.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/"));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0)));
    return /^[\w.:-]{1,200}$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

/** What the address asks for; null when it names no session. */
export function connectRequest(search: URLSearchParams): ConnectRequest | null {
  const sid = sessionIdOf(search.get("__token__") ?? "");
  if (sid === null) return null;
  return {
    sid,
    source: search.get("source") ?? "",
    appName: search.get("appName") ?? "",
    closeOnSuccess: search.get("closeOnSuccess") === "true",
    requiredRoles: search.get("required_roles"),
  };
}
