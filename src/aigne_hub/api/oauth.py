"""The protocol endpoints of OAuth live here: authorize and token (RFC 6749 section 3)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from aigne_hub.access.oauth.authorization_request import AuthorizationRequest, checked_request, verified
from aigne_hub.access.oauth.clients import client_actor
from aigne_hub.access.oauth.errors import OAuthError, Unverified
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Issued
from aigne_hub.access.oauth.scopes import written
from aigne_hub.api.callers import Anyone, InHouse
from aigne_hub.api.oauth_forms import Form, answer, error_page, form_of, issuer_of, proof_of, redirect
from aigne_hub.api.refusals import note_refusal
from aigne_hub.api.throttle import Throttle
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import TooMany
from aigne_hub.house import House

_BEGUN = 60  # authorization requests of one address in a minute: each is kept until its person answers
_BEGUN_PER_S = 60.0
_ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "resource",
)  # fmt: skip


def protocol_routes() -> APIRouter:
    router = APIRouter(prefix="/oauth", tags=["oauth"])
    begun = Throttle(_BEGUN, _BEGUN_PER_S)
    in_query = {"parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _ASKED]}

    @router.get("/authorize", status_code=302, openapi_extra=in_query, response_model=None)
    async def authorize(request: Request, by: Anyone, house: InHouse) -> Response:
        """Ask a person for access: leads to the page where they allow it, or back with an error."""
        return await _authorize(request, by, house, begun, request.scope["query_string"])

    @router.post("/authorize", status_code=303, openapi_extra=form_of(*_ASKED), response_model=None)
    async def authorize_by_form(request: Request, by: Anyone, house: InHouse) -> Response:
        """The same by a form (RFC 6749 section 3.1)."""
        return await _authorize(request, by, house, begun, await request.body(), status=303)

    @router.post(
        "/token",
        openapi_extra=form_of(
            "grant_type",
            "client_id",
            "client_secret",
            "code",
            "redirect_uri",
            "code_verifier",
            "refresh_token",
            "device_code",
            "scope",
        ),
        response_model=None,
    )
    async def token(request: Request, by: Anyone, house: InHouse, asked: Form) -> Response:
        """Give a client tokens for what it shows."""
        async with house.database.read() as conn:
            client = await house.oauth.clients.authenticate(conn, proof_of(request, asked))
        request.state.actor = client_actor(client, by)
        async with house.database.write() as conn:
            outcome = await house.oauth.redeem(conn, by, client, asked, issuer_of(request, house))
        if isinstance(outcome, OAuthError):  # what it changed is kept
            raise outcome
        return answer(_issued(outcome))

    return router


async def _authorize(
    request: Request, by: Actor, house: House, begun: Throttle, text: bytes, *, status: int = 302
) -> Response:
    try:
        asked, issuer = Parameters.read(text), issuer_of(request, house)
        async with house.database.read() as conn:
            client, place = await verified(conn, asked, issuer)
        begun.take(by.address or "", house.clock.monotonic())
    except (OAuthError, TooMany) as error:
        if isinstance(error, Unverified):
            await note_refusal(request, error)
        return error_page(error)
    try:
        checked: AuthorizationRequest = checked_request(asked, client, place)
    except OAuthError as error:
        return redirect(place.refusal(error), status=status)
    async with house.database.write() as conn:
        ticket = await house.oauth.consents.ask(conn, checked)
    return redirect(f"{house.settings.public_url}/consent?request={ticket}", status=status)


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
