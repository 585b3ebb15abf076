"""An example of every request that changes something, with the action of the row that it leaves in the journal."""

from __future__ import annotations

from collections.abc import Callable

from aigne_hub.access.oauth.records import Grant
from aigne_hub.access.signin.sso import store as sso_store
from aigne_hub.access.signin.sso.claims import Person
from aigne_hub.audit.records import SYSTEM
from tests.api.changing_world import (
    ANOTHER,
    CLIENT_SECRET,
    CONNECT,
    NEW_CLIENT,
    PASSWORD,
    UPSTREAM_KEY,
    Ask,
    Example,
    World,
)
from tests.api.notice_changes import NOTICE_EXAMPLES
from tests.api.rate_changes import RATE_EXAMPLES
from tests.api.route_changes import ROUTE_EXAMPLES
from tests.authenticator import Authenticator
from tests.files.shelf import chunked, token_of
from tests.oauth_app import App, register

# What may be asked with a changing method and changes nothing that is kept for long.
EXEMPT = {
    "POST /api/auth/passkey/options": "a challenge, to be answered",
    "POST /api/auth/links/open": "only reads what a link is good for",
    "POST /api/auth/links/passkey-options": "a challenge, to be answered",
    "POST /api/auth/password-reset": "answers all alike; the link that may come of it has its own row",
    "POST /api/me/passkeys/options": "a challenge, to be answered",
    "POST /api/me/identities/{issuerId}/start": "leads to the issuer; linking has its own row",
    f"POST {CONNECT}/session": "begins to wait; the key that is given has its own row",
    f"DELETE {CONNECT}/session": "stops waiting",
    "POST /api/sso-issuers/{id}/test": "only reads what the issuer says of itself",
    "POST /api/notices/webhook/test": "only sends a notice of a test",
    "POST /api/routing/explain": "only tells what would become of a call",
    "POST /oauth/authorize": "asks; the answer has its own row",
    "POST /oauth/device_authorization": "asks; the answer has its own row",
    "POST /oauth/introspect": "only reads what a token is good for",
    "POST /api/oauth/device/open": "only reads what a device asks for",
    "POST /api/ai-providers/{provider_id}/credentials/test": "tries a credential and forgets it",
    "POST /api/ai/{provider_id}/credentials/test": "tries a credential and forgets it",
}


EXAMPLES: dict[str, tuple[str, Example]] = {}


def leaves(route: str, action: str) -> Callable[[Example], Example]:
    """Keeps an example of a route, and the action of the row that it leaves."""

    def keep(example: Example) -> Example:
        EXAMPLES[route] = (action, example)
        return example

    return keep


@leaves("POST /api/auth/sign-in", "sign_in.password")
async def _(w: World) -> Ask:
    user, _ = await w.person()
    return Ask("/api/auth/sign-in", {"email": user.email, "password": PASSWORD}, {})


@leaves("POST /api/auth/sign-out", "sign_out")
async def _(w: World) -> Ask:
    return Ask("/api/auth/sign-out", headers=(await w.person())[1])


@leaves("POST /api/auth/passkey/sign-in", "sign_in.passkey")
async def _(w: World) -> Ask:
    _, headers = await w.person()
    asked, device = await w.done("POST", "/api/me/passkeys/options", headers=headers), Authenticator(w.hub.url)
    body = {"ticket": asked["ticket"], "credential": device.create(asked["options"]), "name": "laptop"}
    await w.done("POST", "/api/me/passkeys", json=body, headers=headers)
    asked = await w.done("POST", "/api/auth/passkey/options")
    return Ask("/api/auth/passkey/sign-in", {"ticket": asked["ticket"], "credential": device.get(asked["options"])}, {})


@leaves("POST /api/auth/links/redeem", "sign_in.link")
async def _(w: World) -> Ask:
    user, _ = await w.person()
    async with w.hub.house.database.write() as conn:
        made = await w.hub.house.links.reset(conn, SYSTEM, user)
    w.secrets.add(made.secret)
    return Ask("/api/auth/links/redeem", {"token": made.secret, "password": ANOTHER}, {})


@leaves("GET /api/auth/sso/callback", "sign_in.sso")
async def _(w: World) -> Ask:
    issuer_id = await w.sso_issuer()
    sent = await w.hub.http.get(f"/api/auth/sso/{issuer_id}/start")
    query = w.issuer.allow(sent.headers["location"])
    cookie = f"hub_sso={w.hub.http.cookies['hub_sso']}"
    w.hub.http.cookies.clear()
    w.secrets |= {query["state"], query["code"]}
    return Ask("/api/auth/sso/callback", headers={"cookie": cookie}, query=query)


@leaves("PATCH /api/me", "user.change")
async def _(w: World) -> Ask:
    return Ask("/api/me", {"name": "Another"}, (await w.person())[1])


@leaves("POST /api/me/password", "user.password")
async def _(w: World) -> Ask:
    return Ask("/api/me/password", {"current": PASSWORD, "password": ANOTHER}, (await w.person())[1])


@leaves("POST /api/me/passkeys", "passkey.create")
async def _(w: World) -> Ask:
    _, headers = await w.person()
    return Ask("/api/me/passkeys", await w.passkey(headers), headers)


async def _own_passkey(w: World) -> tuple[str, dict[str, str]]:
    user, headers = await w.person()
    made = await w.done("POST", "/api/me/passkeys", json=await w.passkey(headers), headers=headers)
    return f"/api/me/passkeys/{made['id']}", await w.hub.signed_in(user)


@leaves("PATCH /api/me/passkeys/{id}", "passkey.change")
async def _(w: World) -> Ask:
    path, headers = await _own_passkey(w)
    return Ask(path, {"name": "phone"}, headers)


@leaves("DELETE /api/me/passkeys/{id}", "passkey.remove")
async def _(w: World) -> Ask:
    path, headers = await _own_passkey(w)
    return Ask(path, headers=headers)


@leaves("DELETE /api/me/sessions", "session.end_others")
async def _(w: World) -> Ask:
    return Ask("/api/me/sessions", headers=(await w.person())[1])


@leaves("DELETE /api/me/sessions/{id}", "session.end")
async def _(w: World) -> Ask:
    user, headers = await w.person()
    await w.hub.signed_in(user)
    listed = await w.done("GET", "/api/me/sessions", headers=headers)
    other = next(one for one in listed["list"] if not one["isCurrent"])
    return Ask(f"/api/me/sessions/{other['id']}", headers=headers)


@leaves("DELETE /api/me/identities/{id}", "identity.remove")
async def _(w: World) -> Ask:
    user, headers = await w.person()
    issuer_id = int(await w.sso_issuer())
    async with w.hub.house.database.write() as conn:
        issuer = await sso_store.find_issuer(conn, issuer_id)
        assert issuer is not None
        person = Person("s-9", "Nine", None, None)
        linked = await w.hub.house.single_sign_on.identities.link(conn, SYSTEM, issuer, person, user)
    return Ask(f"/api/me/identities/{linked.id}", headers=headers)


@leaves("DELETE /api/me/apps/{id}", "authorization.end")
async def _(w: World) -> Ask:
    user, headers = await w.person()
    await (await register(w.hub)).tokens(user)
    (own,) = (await w.done("GET", "/api/me/apps", headers=headers))["list"]
    return Ask(f"/api/me/apps/{own['id']}", headers=headers)


@leaves("POST /api/access-keys", "key.create")
async def _(w: World) -> Ask:
    return Ask("/api/access-keys", {"name": "k"})


@leaves("PATCH /api/access-keys/{id}", "key.change")
async def _(w: World) -> Ask:
    return Ask(await w.key(), {"name": "another"})


@leaves("POST /api/access-keys/{id}/rotate", "key.rotate")
async def _(w: World) -> Ask:
    return Ask(f"{await w.key()}/rotate", {})


@leaves("DELETE /api/access-keys/{id}", "key.revoke")
async def _(w: World) -> Ask:
    return Ask(await w.key())


@leaves("DELETE /api/files/{id}", "file.delete")
async def _(w: World) -> Ask:
    kept = await w.hub.house.files.keep(w.hub.owner.id, chunked([b"x"]), media_type="image/png", name="a.png")
    w.secrets.add(token_of(kept.path))
    return Ask(f"/api/files/{kept.file.id}")


@leaves("POST /api/users", "user.create")
async def _(w: World) -> Ask:
    return Ask("/api/users", {"kind": "service", "name": "Robot"})


@leaves("PATCH /api/users/{id}", "user.change")
async def _(w: World) -> Ask:
    return Ask(f"/api/users/{(await w.person())[0].id}", {"role": "guest"})


@leaves("POST /api/users/{id}/sign-out", "user.sign_out")
async def _(w: World) -> Ask:
    return Ask(f"/api/users/{(await w.person())[0].id}/sign-out")


@leaves("POST /api/users/{id}/revoke-keys", "key.revoke_all")
async def _(w: World) -> Ask:
    return Ask(f"/api/users/{(await w.person())[0].id}/revoke-keys")


@leaves("POST /api/users/{id}/password-reset", "link.password_reset")
async def _(w: World) -> Ask:
    return Ask(f"/api/users/{(await w.person())[0].id}/password-reset")


@leaves("POST /api/invitations", "invitation.create")
async def _(w: World) -> Ask:
    return Ask("/api/invitations", {"email": "new@example.com", "role": "member"})


@leaves("DELETE /api/invitations/{id}", "invitation.remove")
async def _(w: World) -> Ask:
    body = {"email": "other@example.com", "role": "member"}
    await w.done("POST", "/api/invitations", json=body)
    (one, *_) = (await w.done("GET", "/api/invitations"))["list"]
    return Ask(f"/api/invitations/{one['id']}")


@leaves("PATCH /api/preferences", "preferences.change")
async def _(w: World) -> Ask:
    kept = await w.done("GET", "/api/preferences")
    return Ask("/api/preferences", {"dynamicRegistration": not kept["dynamicRegistration"]})


@leaves("POST /api/app/register", "user.create")
async def _(w: World) -> Ask:
    return Ask(
        "/api/app/register", {"publicKey": "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737"}, {}
    )


@leaves(f"POST {CONNECT}/authorize", "key.create")
async def _(w: World) -> Ask:
    sid = (await w.done("POST", f"{CONNECT}/session"))["id"]
    return Ask(f"{CONNECT}/authorize", {"sid": sid}, (await w.person())[1])


@leaves(f"GET {CONNECT}/session", "connect.fetch")
async def _(w: World) -> Ask:
    return Ask(f"{CONNECT}/session", headers={}, query={"sid": await w.connected((await w.person())[1])})


@leaves("POST /api/sso-issuers", "sso_issuer.create")
async def _(w: World) -> Ask:
    body = {"name": "Corp", "url": "https://i.example", "clientId": "hub", "clientSecret": CLIENT_SECRET}
    return Ask("/api/sso-issuers", body)


@leaves("PATCH /api/sso-issuers/{id}", "sso_issuer.change")
async def _(w: World) -> Ask:
    return Ask(f"/api/sso-issuers/{await w.sso_issuer()}", {"clientSecret": "another " + CLIENT_SECRET})


@leaves("DELETE /api/sso-issuers/{id}", "sso_issuer.remove")
async def _(w: World) -> Ask:
    return Ask(f"/api/sso-issuers/{await w.sso_issuer()}")


@leaves("POST /api/trusted-issuers", "trusted_issuer.create")
async def _(w: World) -> Ask:
    return Ask("/api/trusted-issuers", await w.trusted_issuer())


async def _trusted(w: World) -> str:
    made = await w.done("POST", "/api/trusted-issuers", json=await w.trusted_issuer())
    return f"/api/trusted-issuers/{made['id']}"


@leaves("PATCH /api/trusted-issuers/{id}", "trusted_issuer.change")
async def _(w: World) -> Ask:
    return Ask(await _trusted(w), {"name": "Another"})


@leaves("DELETE /api/trusted-issuers/{id}", "trusted_issuer.remove")
async def _(w: World) -> Ask:
    return Ask(await _trusted(w))


@leaves("POST /api/oauth-clients", "client.create")
async def _(w: World) -> Ask:
    return Ask("/api/oauth-clients", NEW_CLIENT)


@leaves("PATCH /api/oauth-clients/{id}", "client.change")
async def _(w: World) -> Ask:
    return Ask(await w.client(), {"name": "D"})


@leaves("DELETE /api/oauth-clients/{id}", "client.remove")
async def _(w: World) -> Ask:
    return Ask(await w.client())


@leaves("POST /api/oauth-clients/{id}/rotate-secret", "client.rotate_secret")
async def _(w: World) -> Ask:
    return Ask(f"{await w.client()}/rotate-secret")


@leaves("POST /oauth/token", "token.issue")
async def _(w: World) -> Ask:
    app = await register(w.hub)
    code = (await app.consent((await w.person())[0]))["code"]
    w.secrets |= {code, app.verifier}
    form = {"grant_type": "authorization_code", "redirect_uri": app.redirect_uri, "code_verifier": app.verifier}
    return Ask("/oauth/token", headers={}, form={**form, "client_id": app.client_id, "code": code})


@leaves("POST /oauth/revoke", "token.revoke_family")
async def _(w: World) -> Ask:
    app = await register(w.hub)
    token = (await app.tokens((await w.person())[0]))["refresh_token"]
    w.secrets.add(token)
    return Ask("/oauth/revoke", headers={}, form={"client_id": app.client_id, "token": token})


@leaves("POST /oauth/register", "client.create")
async def _(w: World) -> Ask:
    await w.done("PATCH", "/api/preferences", json={"dynamicRegistration": True})
    return Ask("/oauth/register", {"redirect_uris": ["https://app.example/cb"], "client_name": "App"}, {})


@leaves("POST /api/oauth/requests/{ticket}", "authorization.create")
async def _(w: World) -> Ask:
    ticket = await (await register(w.hub)).ticket()
    w.secrets.add(ticket)
    return Ask(f"/api/oauth/requests/{ticket}", {"allow": True}, (await w.person())[1])


@leaves("POST /api/oauth/device", "device.allow")
async def _(w: World) -> Ask:
    app: App = await register(w.hub, grants=frozenset({Grant.device_code}))
    begun = (await app.post("/oauth/device_authorization")).json()
    w.secrets |= {begun["device_code"], begun["user_code"]}
    return Ask("/api/oauth/device", {"user_code": begun["user_code"], "allow": True}, (await w.person())[1])


@leaves("POST {prefix}", "provider.create")
async def _(w: World) -> Ask:
    w.people += 1
    return Ask(w.prefix, {"name": f"p{w.people}", "baseUrl": "http://10.0.0.7/v1"})


@leaves("PUT {prefix}/{provider_id}", "provider.change")
async def _(w: World) -> Ask:
    return Ask(await w.provider(), {"region": "eu"})


@leaves("DELETE {prefix}/{provider_id}", "provider.remove")
async def _(w: World) -> Ask:
    return Ask(await w.provider())


@leaves("POST {prefix}/{provider_id}/credentials", "credential.create")
async def _(w: World) -> Ask:
    return Ask(f"{await w.provider()}/credentials", {"name": "c", "value": UPSTREAM_KEY})


@leaves("PUT {prefix}/{provider_id}/credentials/{credential_id}", "credential.change")
async def _(w: World) -> Ask:
    return Ask(await w.credential(), {"name": "d", "value": UPSTREAM_KEY})


@leaves("GET {prefix}/{provider_id}/credentials/{credential_id}/check", "credential.change")
async def _(w: World) -> Ask:
    return Ask(f"{await w.credential()}/check")


@leaves("DELETE {prefix}/{provider_id}/credentials/{credential_id}", "credential.remove")
async def _(w: World) -> Ask:
    return Ask(await w.credential())


# The two mounts of the providers' routes are tried with the same examples.
ALL = {
    route.replace("{prefix}", prefix): (action, example, prefix)
    for route, (action, example) in (EXAMPLES | RATE_EXAMPLES | ROUTE_EXAMPLES | NOTICE_EXAMPLES).items()
    for prefix in ("/api/ai-providers", "/api/ai")
}
