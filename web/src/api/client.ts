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

export const hub = createClient<paths>({ baseUrl: "", credentials: "same-origin" });
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
