"""The protocol endpoints of OAuth live here, each named for its RFC."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from aigne_hub.access.identity import Role, Scope
from aigne_hub.access.oauth.authorization_request import AuthorizationRequest, checked_request, verified
from aigne_hub.access.oauth.clients import client_actor, refuse_other_grant
from aigne_hub.access.oauth.device.desk import INTERVAL_S, LIFE_S
from aigne_hub.access.oauth.errors import OAuthError, Unverified, invalid_client
from aigne_hub.access.oauth.introspection import LiveToken
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, Grant, Issued, TokenKind
from aigne_hub.access.oauth.registration import Registered
from aigne_hub.access.oauth.scopes import written
from aigne_hub.api.callers import Anyone, Gate, InHouse, identify
from aigne_hub.api.oauth_forms import Form, answer, error_page, form_of, issuer_of, proof_of, redirect
from aigne_hub.api.refusals import note_refusal
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import TooMany
from aigne_hub.base.throttle import Throttle
from aigne_hub.house import House

_KEPT = 60  # requests of one address in a minute that are kept until a person answers
_KEPT_PER_S = 60.0
_FAILED = 60  # token requests of one address in a minute that were refused, or came too fast, before none are looked at
_FAILED_PER_S = 60.0
_REGISTERED = 10
_REGISTERED_PER_S = 600.0
_ADMIN = Gate(Role.admin, Scope.admin)
_ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "resource",
)  # fmt: skip
_TOKEN_FORM = (
    "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token",
    "device_code", "scope", "resource",
)  # fmt: skip
_ONE_TOKEN = ("token", "token_type_hint", "client_id", "client_secret")


def protocol_routes() -> APIRouter:
    router = APIRouter(prefix="/oauth", tags=["oauth"])
    _authorize_routes(router)
    _device_and_registration_routes(router)

    failed = Throttle(_FAILED, _FAILED_PER_S)

    @router.post("/token", openapi_extra=form_of(*_TOKEN_FORM), response_model=None)
    async def token(request: Request, by: Anyone, house: InHouse, asked: Form) -> Response:
        """Give a client tokens for what it shows (RFC 6749 section 3.2)."""
        failed.refuse_full(by.address or "", house.clock.monotonic())
        try:
            return answer(_issued(await _redeem(request, by, house, asked)))
        except OAuthError as error:
            if error.refused_as is not None or error.code == "slow_down":
                failed.take(by.address or "", house.clock.monotonic())
            raise

    @router.post("/revoke", openapi_extra=form_of(*_ONE_TOKEN), response_model=None)
    async def revoke(request: Request, by: Anyone, house: InHouse, asked: Form) -> Response:
        """A client gives a token back (RFC 7009)."""
        client = await _client(request, by, house, asked)
        asked.refuse_repeated()
        async with house.database.write() as conn:
            await house.oauth.revocations.revoke(conn, client_actor(client, by), client, asked.need("token"))
        return answer({})

    @router.post("/introspect", openapi_extra=form_of(*_ONE_TOKEN), response_model=None)
    async def introspect(request: Request, by: Anyone, house: InHouse, asked: Form) -> Response:
        """What a token is good for (RFC 7662): for the client that has it, and for admins with a key or token."""
        asking = await _asking(request, by, house, asked)
        asked.refuse_repeated()
        async with house.database.read() as conn:
            found = await house.oauth.introspection.look(conn, asked.need("token"), asking=asking)
        return answer({"active": False} if found is None else _described(found, issuer_of(request)))

    return router


def _authorize_routes(router: APIRouter) -> None:
    kept = Throttle(_KEPT, _KEPT_PER_S)
    in_query = {"parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _ASKED]}

    @router.get("/authorize", status_code=302, openapi_extra=in_query, response_model=None)
    async def authorize(request: Request, by: Anyone, house: InHouse) -> Response:
        """Ask a person for access: leads to the page where they allow it, or back with an error."""
        return await _authorize(request, by, house, kept, request.scope["query_string"])

    @router.post("/authorize", status_code=303, openapi_extra=form_of(*_ASKED), response_model=None)
    async def authorize_by_form(request: Request, by: Anyone, house: InHouse) -> Response:
        """The same by a form (RFC 6749 section 3.1)."""
        return await _authorize(request, by, house, kept, await request.body(), status=303)


def _device_and_registration_routes(router: APIRouter) -> None:
    kept, registered = Throttle(_KEPT, _KEPT_PER_S), Throttle(_REGISTERED, _REGISTERED_PER_S)

    @router.post(
        "/device_authorization",
        openapi_extra=form_of("client_id", "client_secret", "scope", "resource"),
        response_model=None,
    )
    async def device_authorization(request: Request, by: Anyone, house: InHouse, asked: Form) -> Response:
        """A device asks for access (RFC 8628 section 3.1)."""
        client, issuer = await _client(request, by, house, asked), issuer_of(request)
        asked.refuse_repeated()
        asked.refuse_foreign_resource(issuer)
        refuse_other_grant(client, Grant.device_code)
        kept.take(by.address or "", house.clock.monotonic())
        async with house.database.write() as conn:
            codes = await house.oauth.devices.begin(conn, client, asked)
        shown = {
            "device_code": codes.device_code,
            "user_code": codes.user_code,
            "verification_uri": f"{issuer}/device",
            "verification_uri_complete": f"{issuer}/device?user_code={codes.user_code}",
            "expires_in": LIFE_S,
            "interval": INTERVAL_S,
        }
        return answer(shown)

    json_body = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}

    @router.post("/register", status_code=201, openapi_extra=json_body, response_model=None)
    async def register(request: Request, by: Anyone, house: InHouse) -> Response:
        """A client makes itself known (RFC 7591), where an admin has switched that on."""
        try:
            metadata = msgspec.json.decode(await request.body(), type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise OAuthError("invalid_client_metadata", "the body is a JSON object") from None
        registered.take(by.address or "", house.clock.monotonic())
        async with house.database.write() as conn:
            made = await house.oauth.registration.register(conn, by, metadata)
        return answer(_registered(made), 201)


async def _authorize(
    request: Request, by: Actor, house: House, kept: Throttle, text: bytes, *, status: int = 302
) -> Response:
    try:
        asked, issuer = Parameters.read(text), issuer_of(request)
        async with house.database.read() as conn:
            client, place = await verified(conn, asked, issuer)
        kept.take(by.address or "", house.clock.monotonic())
    except (OAuthError, TooMany) as error:
        if isinstance(error, Unverified):
            await note_refusal(request, error)
        return error_page(error)
    try:
        checked: AuthorizationRequest = checked_request(asked, client, place)
    except OAuthError as error:
        if client.is_dynamic:  # nobody vouched for where it would send people (RFC 9700 section 4.11.2)
            return error_page(error)
        return redirect(place.refusal(error), status=status)
    async with house.database.write() as conn:
        ticket = await house.oauth.consents.ask(conn, checked)
    return redirect(f"{house.settings.public_url}/consent?request={ticket}", status=status)


async def _redeem(request: Request, by: Actor, house: House, asked: Parameters) -> Issued:
    client = await _client(request, by, house, asked)
    async with house.database.write() as conn:
        outcome = await house.oauth.redeem(conn, by, client, asked, issuer_of(request))
    if isinstance(outcome, OAuthError):  # what it changed is kept
        raise outcome
    return outcome


async def _client(request: Request, by: Actor, house: House, asked: Parameters) -> Client:
    """The client that makes a request; the journal then names it."""
    async with house.database.read() as conn:
        client = await house.oauth.clients.authenticate(conn, proof_of(request, asked))
    request.state.actor = client_actor(client, by)
    return client


async def _asking(request: Request, by: Actor, house: House, asked: Parameters) -> Client | None:
    """The confidential client that asks about a token, or None for an admin."""
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        visit = await identify(request, house)
        request.state.actor = visit.actor
        _ADMIN.check(visit.caller)
        return None
    client = await _client(request, by, house, asked)
    if client.is_public:
        raise invalid_client("a public client cannot ask about tokens", client_id=client.client_id)
    return client


def _issued(issued: Issued) -> dict[str, object]:
    """RFC 6749 section 5.1."""
    shown: dict[str, object] = {
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": issued.expires_in_s,
        "scope": written(issued.scopes),
    }
    if issued.refresh is not None:
        shown["refresh_token"] = issued.refresh
    return shown


def _described(found: LiveToken, issuer: str) -> dict[str, object]:
    """RFC 7662 section 2.2."""
    token = found.token
    shown: dict[str, object] = {
        "active": True,
        "scope": written(token.scopes),
        "client_id": found.client.client_id,
        "username": found.user.name,
        "sub": str(found.user.id),
        "iat": token.created_ms // 1000,
        "exp": token.expires_ms // 1000,
        "iss": issuer,
        "aud": issuer,
        "jti": str(token.id),
    }
    if token.kind is TokenKind.access:
        shown["token_type"] = "Bearer"
    return shown


def _registered(registered: Registered) -> dict[str, object]:
    """RFC 7591 section 3.2.1."""
    client, secret = registered.made.client, registered.made.secret
    shown: dict[str, object] = {
        "client_id": client.client_id,
        "client_id_issued_at": client.created_ms // 1000,
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": sorted(client.grants),
        "response_types": ["code"] if Grant.authorization_code in client.grants else [],
        "scope": written(client.scopes),
        "token_endpoint_auth_method": registered.method,
    }
    if secret is not None:
        shown |= {"client_secret": secret, "client_secret_expires_at": 0}
    return shown
