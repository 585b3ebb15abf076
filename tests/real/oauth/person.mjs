// A person at the console, as their browser is: signed in, asked, and answering.
const { HUB, COOKIE, CSRF } = process.env;
const headers = { cookie: COOKIE, "x-csrf-token": CSRF, "content-type": "application/json" };

async function say(path, body) {
  const answer = await fetch(HUB + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Follow an authorization URL and allow it: where the browser is sent then. */
export async function allow(url) {
  const asked = await fetch(url, { redirect: "manual" });
  if (asked.status !== 302) throw new Error(`authorize: ${asked.status} ${await asked.text()}`);
  const ticket = new URL(asked.headers.get("location"), HUB).searchParams.get("request");
  return new URL((await say(`/api/oauth/requests/${ticket}`, { allow: true })).redirect);
}

/** Allow the device that shows a code. */
export async function allowDevice(userCode) {
  await say("/api/oauth/device/open", { userCode });
  await say("/api/oauth/device", { userCode, allow: true });
}

/** The status of a call with a token. */
export async function call(token) {
  const answer = await fetch(`${HUB}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: process.env.MODEL, messages: [{ role: "user", content: "hi" }] }),
  });
  return answer.status;
}
