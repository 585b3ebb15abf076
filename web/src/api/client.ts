/** The hub's API as typed calls; the CSRF token of the session lives here, in memory only. */
import createClient, { type Middleware } from "openapi-fetch";
import { faultOf } from "./fault";
import type { paths } from "./schema";

const READS = new Set(["GET", "HEAD"]);
let csrfToken: string | null = null;

export function keepCsrfToken(token: string | null): void {
  csrfToken = token;
}

const withCsrfToken: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && !READS.has(request.method)) request.headers.set("x-csrf-token", csrfToken);
    return request;
  },
};

/** The session may have been renewed in another tab; then the change is sent once more with the new token. */
async function sendTwice(request: Request): Promise<Response> {
  if (READS.has(request.method)) return fetch(request);
  const again = request.clone();
  const response = await fetch(request);
  if (!(await isStaleToken(response))) return response;
  const session = await fetch("/api/auth/session", { credentials: "same-origin" });
  if (!session.ok) return response;
  const { csrfToken: fresh } = (await session.json()) as { csrfToken: string };
  keepCsrfToken(fresh);
  again.headers.set("x-csrf-token", fresh);
  return fetch(again);
}

async function isStaleToken(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  const body: unknown = await response.clone().json().catch(() => null);
  return faultOf(response, body).code === "csrf";
}

export const hub = createClient<paths>({ baseUrl: "", credentials: "same-origin", fetch: sendTwice });
hub.use(withCsrfToken);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's body; raises `Fault` for everything that is not a success. */
export async function take<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw faultOf(response, error);
  return data as T;
}
