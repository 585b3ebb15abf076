"""How OAuth's own requests are read, and its answers made, lives here."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from aigne_hub.access.oauth.clients import ClientProof
from aigne_hub.access.oauth.errors import OAuthError, invalid_request, oauth_body
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.api.callers import hub_url_of
from aigne_hub.base.errors import HubError

_FORM = "application/x-www-form-urlencoded"
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}  # RFC 6749 section 5.1
_PAGE_HEADERS = {
    **NO_STORE,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>This request cannot be answered</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}</style>
<h1>This request cannot be answered</h1>
<p>{message}.</p>
<p>You are still at AIGNE Hub; nothing was given to anybody. Go back to the application and try again, or tell whoever
runs it what this page says.</p>
</html>
"""


async def _form(request: Request) -> Parameters:
    """The parameters of a form-encoded body. Raises OAuthError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise invalid_request(f"the body must be {_FORM}")
    return Parameters.read(await request.body())


def form_of(*names: str) -> dict[str, Any]:
    """What the API's document says of a form."""
    fields = {name: {"type": "string"} for name in names}
    schema = {"type": "object", "properties": fields}
    return {"requestBody": {"required": True, "content": {_FORM: {"schema": schema}}}}


def proof_of(request: Request, asked: Parameters) -> ClientProof:
    """What a client shows of itself: in the header Authorization, or in the form (RFC 6749 section 2.3.1)."""
    return ClientProof.read(request.headers.get("authorization"), asked)


def issuer_of(request: Request) -> str:
    """The name of this authorization server: the hub's public address, else the origin that was asked."""
    return hub_url_of(request)


def answer(body: Mapping[str, object], status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, NO_STORE, media_type="application/json")


def redirect(url: str, *, status: int = 302) -> Response:
    return RedirectResponse(url, status, NO_STORE)


def error_page(error: HubError) -> Response:
    """For a person whose request may not be answered to where it came from."""
    return HTMLResponse(
        _PAGE.format(message=escape(error.message[:1].upper() + error.message[1:])), error.status, _PAGE_HEADERS
    )


def error_answer(error: HubError) -> tuple[bytes, dict[str, str]]:
    """How an error is told at an OAuth endpoint (RFC 6749 section 5.2): the body and the headers."""
    body, headers = oauth_body(error), dict(NO_STORE)
    if isinstance(error, OAuthError):
        if error.status == 401:
            headers["www-authenticate"] = 'Basic realm="OAuth", charset="UTF-8"'
    elif error.status in (401, 403):  # of whoever asked with a key or token (RFC 6750 section 3)
        headers["www-authenticate"] = f'Bearer error="{body["error"]}"'
    return msgspec.json.encode(body), headers


Form = Annotated[Parameters, Depends(_form)]
