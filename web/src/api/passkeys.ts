/** Passkeys: the browser's ceremony around the hub's challenges. */
import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import type { PasskeyChallenge } from "./shapes";

type CreationOptions = Parameters<typeof startRegistration>[0]["optionsJSON"];
type RequestOptions = Parameters<typeof startAuthentication>[0]["optionsJSON"];
type PasskeyAnswer = { ticket: string; credential: Record<string, unknown> };

export function canUsePasskeys(): boolean {
  return typeof window.PublicKeyCredential === "function";
}

/** Asks the browser to sign the challenge with a passkey it has. */
export async function signWithPasskey(challenge: PasskeyChallenge): Promise<PasskeyAnswer> {
  const optionsJSON = challenge.options as unknown as RequestOptions;
  const credential = await startAuthentication({ optionsJSON });
  return { ticket: challenge.ticket, credential: { ...credential } };
}

/** Asks the browser to make a new passkey. */
export async function makePasskey(challenge: PasskeyChallenge): Promise<PasskeyAnswer> {
  const optionsJSON = challenge.options as unknown as CreationOptions;
  const credential = await startRegistration({ optionsJSON });
  return { ticket: challenge.ticket, credential: { ...credential } };
}

/** A name that the user will recognise, from the browser's own words. */
export function nameOfThisDevice(): string {
  const agent = navigator.userAgent;
  const systems = ["iPhone", "iPad", "Android", "Mac", "Windows", "Linux"];
  return systems.find((system) => agent.includes(system)) ?? "Passkey";
}
