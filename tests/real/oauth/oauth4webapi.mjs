// oauth4webapi: discovery of the resource and the server, code with PKCE of a public client, refresh, and challenges.
import * as oauth from "oauth4webapi";
import { allow, call } from "./person.mjs";

const { HUB, PUBLIC_ID } = process.env;
const insecure = { [oauth.allowInsecureRequests]: true };
const redirectUri = "http://127.0.0.1:47114/cb";
const client = { client_id: PUBLIC_ID };
const auth = oauth.None();
const seen = {};

// From a refused call to the authorization server, as RFC 9728 leads.
const refused = await fetch(`${HUB}/v1/models`);
seen.challenge = refused.headers.get("www-authenticate");
const resource = await oauth.processResourceDiscoveryResponse(
  new URL(HUB), await oauth.resourceDiscoveryRequest(new URL(HUB), insecure));
const issuer = new URL(resource.authorization_servers[0]);
const server = await oauth.processDiscoveryResponse(
  issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: "oauth2" }));
seen.pkce = server.code_challenge_methods_supported;

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const url = new URL(server.authorization_endpoint);
url.search = new URLSearchParams({
  response_type: "code",
  client_id: client.client_id,
  redirect_uri: redirectUri,
  scope: "inference",
  resource: resource.resource,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
const answer = oauth.validateAuthResponse(server, client, await allow(url), state);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, await oauth.authorizationCodeGrantRequest(
  server, client, auth, answer, redirectUri, verifier, insecure));
seen.tokenType = tokens.token_type;
seen.call = await call(tokens.access_token);

const refreshed = await oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(
  server, client, auth, tokens.refresh_token, insecure));
seen.refreshed = await call(refreshed.access_token);

const bare = await oauth.protectedResourceRequest(
  refreshed.access_token, "GET", new URL(`${HUB}/api/access-keys`), undefined, undefined, insecure)
  .catch((error) => error);
seen.forbidden = bare.status ?? bare.name;
await oauth.protectedResourceRequest("hubat_wrong", "GET", new URL(`${HUB}/v1/models`), undefined, undefined, insecure)
  .catch((error) => { seen.wrong = error.cause.map(({ scheme, parameters }) => [scheme, parameters.error]); });

const revoked = await oauth.revocationRequest(server, client, auth, refreshed.refresh_token, insecure);
await oauth.processRevocationResponse(revoked);
const again = await oauth.refreshTokenGrantRequest(server, client, auth, refreshed.refresh_token, insecure);
seen.ended = await oauth.processRefreshTokenResponse(server, client, again).catch((error) => error.error);
console.log(JSON.stringify(seen));
