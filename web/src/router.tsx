/** Every address of the console, and what has to be true before its page is shown. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, parseSearchWith, redirect,
  stringifySearchWith, type RouteComponent,
} from "@tanstack/react-router";
import { isAdmin, sessionQuery } from "./api/session";
import { safeNext } from "./front/next";
import { Broken, BrokenWhole } from "./front/Broken";
import { NotFound } from "./front/NotFound";
import { Waiting } from "./front/Waiting";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  errorComponent: BrokenWhole,
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
  errorComponent: BrokenWhole,
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
  errorComponent: BrokenWhole,
});

const frontInside = createRoute({
  getParentRoute: () => front,
  id: "front-inside",
  beforeLoad: needSession,
  component: Outlet,
});

/** The router reads "1" and "true" as a number and a boolean; here everything is a text. */
const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === "" || typeof value === "object" ? undefined : String(value);

/** The one parameter that a page reads, when it is there. */
function keep<N extends string>(name: N, search: Record<string, unknown>): { [name in N]?: string } {
  const value = text(search[name]);
  return (value === undefined ? {} : { [name]: value }) as { [name in N]?: string };
}

/** A page inside the shell; its code is loaded when it is first wanted. */
const ownPage = <P extends string>(path: P, component: RouteComponent) =>
  createRoute({ getParentRoute: () => inside, path, component });

const adminPage = <P extends string>(path: P, component: RouteComponent) =>
  createRoute({ getParentRoute: () => administration, path, component });

const ownPages = [
  ownPage("/", lazyRouteComponent(() => import("./pages/Overview"), "Overview")),
  ownPage("/access-keys", lazyRouteComponent(() => import("./pages/keys/KeysPage"), "KeysPage")),
  ownPage("/apps", lazyRouteComponent(() => import("./pages/AppsPage"), "AppsPage")),
];

const profile = createRoute({
  getParentRoute: () => inside,
  path: "/profile",
  validateSearch: (search: Record<string, unknown>): { error?: string } => keep("error", search),
  component: lazyRouteComponent(() => import("./pages/profile/ProfilePage"), "ProfilePage"),
});

const users = createRoute({
  getParentRoute: () => administration,
  path: "/users",
  validateSearch: (search: Record<string, unknown>): { tab?: string } => keep("tab", search),
  component: lazyRouteComponent(() => import("./pages/users/UsersPage"), "UsersPage"),
});

const keysOfUser = lazyRouteComponent(() => import("./pages/users/UserKeysPage"), "UserKeysPage");

const adminPages = [
  users,
  adminPage("/users/$userId/keys", keysOfUser),
  adminPage("/service-accounts/$userId/keys", keysOfUser),
  adminPage("/service-accounts", lazyRouteComponent(() => import("./pages/users/ServicesPage"), "ServicesPage")),
  adminPage("/oauth-clients", lazyRouteComponent(() => import("./pages/clients/ClientsPage"), "ClientsPage")),
  adminPage("/single-sign-on", lazyRouteComponent(() => import("./pages/issuers/SsoPage"), "SsoPage")),
  adminPage("/trusted-issuers", lazyRouteComponent(() => import("./pages/issuers/TrustedPage"), "TrustedPage")),
  adminPage("/audit", lazyRouteComponent(() => import("./pages/audit/AuditPage"), "AuditPage")),
  adminPage("/settings", lazyRouteComponent(() => import("./pages/SettingsPage"), "SettingsPage")),
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

const links = ["/setup", "/link"].map((path) =>
  createRoute({
    getParentRoute: () => front,
    path,
    component: lazyRouteComponent(() => import("./front/OpenLink"), "OpenLink"),
  }),
);

const forgot = createRoute({
  getParentRoute: () => front,
  path: "/forgot",
  component: lazyRouteComponent(() => import("./front/Forgot"), "Forgot"),
});

const answers = [
  createRoute({
    getParentRoute: () => frontInside,
    path: "/consent",
    validateSearch: (search: Record<string, unknown>): { request?: string } => keep("request", search),
    component: lazyRouteComponent(() => import("./front/Consent"), "Consent"),
  }),
  createRoute({
    getParentRoute: () => frontInside,
    path: "/device",
    validateSearch: (search: Record<string, unknown>): { user_code?: string } => keep("user_code", search),
    component: lazyRouteComponent(() => import("./front/Device"), "Device"),
  }),
  createRoute({
    getParentRoute: () => frontInside,
    path: "/.well-known/service/gen-simple-access-key",
    component: lazyRouteComponent(() => import("./front/Connect"), "Connect"),
  }),
];

const tree = root.addChildren([
  inside.addChildren([...ownPages, profile, administration.addChildren(adminPages)]),
  front.addChildren([signIn, forgot, ...links, frontInside.addChildren(answers)]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Broken,
    scrollRestoration: true,
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
