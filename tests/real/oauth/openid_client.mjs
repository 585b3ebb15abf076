// openid-client: discovery, code with PKCE, refresh, introspection, revocation, device, client credentials, registration.
import * as client from "openid-client";
import { allow, allowDevice, call } from "./person.mjs";

const { HUB, CLIENT_ID, CLIENT_SECRET, PUBLIC_ID, MACHINE_ID, MACHINE_SECRET } = process.env;
const insecure = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
const redirect_uri = "http://127.0.0.1:47113/cb";
const seen = {};

const known = await client.discovery(new URL(HUB), CLIENT_ID, CLIENT_SECRET, client.ClientSecretBasic(), insecure);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const url = client.buildAuthorizationUrl(known, {
  redirect_uri,
  scope: "inference models.read",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
const back = await allow(url);
const first = await client.authorizationCodeGrant(known, back, { pkceCodeVerifier: verifier, expectedState: state });
seen.call = await call(first.access_token);
seen.expiresIn = first.expiresIn();
const told = await client.tokenIntrospection(known, first.access_token);
seen.introspected = [told.active, told.scope, told.client_id === CLIENT_ID];
const second = await client.refreshTokenGrant(known, first.refresh_token);
seen.refreshed = await call(second.access_token);
await client.tokenRevocation(known, second.access_token);
seen.revoked = (await client.tokenIntrospection(known, second.access_token)).active;
seen.reused = await client.refreshTokenGrant(known, first.refresh_token).catch((error) => error.error);
seen.familyEnded = await client.refreshTokenGrant(known, second.refresh_token).catch((error) => error.error);
seen.replayed = await client
  .authorizationCodeGrant(known, back, { pkceCodeVerifier: verifier, expectedState: state })
  .catch((error) => error.error);

const device = await client.discovery(new URL(HUB), PUBLIC_ID, undefined, client.None(), insecure);
const started = await client.initiateDeviceAuthorization(device, { scope: "inference" });
const polled = client.pollDeviceAuthorizationGrant(device, started);
await allowDevice(started.user_code);
seen.device = await call((await polled).access_token);

const machine = await client.discovery(new URL(HUB), MACHINE_ID, MACHINE_SECRET, client.ClientSecretPost(), insecure);
seen.machine = await call((await client.clientCredentialsGrant(machine, { scope: "inference" })).access_token);
const wrong = await client.discovery(new URL(HUB), MACHINE_ID, "wrong", client.ClientSecretPost(), insecure);
seen.wrongSecret = await client.clientCredentialsGrant(wrong).catch((error) => error.status);

const registered = await client.dynamicClientRegistration(
  new URL(HUB),
  { redirect_uris: [redirect_uri], token_endpoint_auth_method: "none", client_name: "Registered" },
  client.None(),
  insecure,
);
seen.registered = registered.clientMetadata().client_name;
console.log(JSON.stringify(seen));
