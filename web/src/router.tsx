/** Every address of the console, and what has to be true before its page is shown. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect,
} from "@tanstack/react-router";
import { isAdmin, sessionQuery } from "./api/session";
import { safeNext } from "./front/next";
import { Broken } from "./front/Broken";
import { NotFound } from "./front/NotFound";
import { Waiting } from "./front/Waiting";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  errorComponent: Broken,
  notFoundComponent: NotFound,
});

/** Sends whoever is not signed in to the sign-in page, and back here after it. */
async function needSession({ context, location }: { context: Context; location: { href: string } }): Promise<void> {
  const session = await context.client.ensureQueryData(sessionQuery);
  if (session === null) throw redirect({ to: "/sign-in", search: { next: location.href } });
}

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: needSession,
  component: lazyRouteComponent(() => import("./shell/Shell"), "Shell"),
});

const administration = createRoute({
  getParentRoute: () => inside,
  id: "administration",
  beforeLoad: async ({ context }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session === null || !isAdmin(session.user)) throw redirect({ to: "/" });
  },
  component: Outlet,
});

const front = createRoute({
  getParentRoute: () => root,
  id: "front",
  component: lazyRouteComponent(() => import("./front/Front"), "Front"),
});

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;

const ownPages = [
  createRoute({
    getParentRoute: () => inside,
    path: "/",
    component: lazyRouteComponent(() => import("./pages/Overview"), "Overview"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/profile",
    component: lazyRouteComponent(() => import("./pages/profile/ProfilePage"), "ProfilePage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/access-keys",
    component: lazyRouteComponent(() => import("./pages/keys/KeysPage"), "KeysPage"),
  }),
];

const signIn = createRoute({
  getParentRoute: () => front,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string; error?: string } => ({
    ...(text(search.next) === undefined ? {} : { next: safeNext(search.next) }),
    ...(text(search.error) === undefined ? {} : { error: String(search.error) }),
  }),
  beforeLoad: async ({ context, search }) => {
    const session = await context.client.ensureQueryData(sessionQuery).catch(() => null);
    if (session !== null) throw redirect({ href: safeNext(search.next) });
  },
  component: lazyRouteComponent(() => import("./front/SignIn"), "SignIn"),
});

const tree = root.addChildren([
  inside.addChildren([...ownPages, administration.addChildren([])]),
  front.addChildren([signIn]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Broken,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
