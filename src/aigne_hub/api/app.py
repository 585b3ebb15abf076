"""The control plane's application lives here: its routes, and how its errors are told."""

from __future__ import annotations

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from aigne_hub import __version__
from aigne_hub.access.challenge import bearer_challenge, has_challenge
from aigne_hub.api import (
    access_keys,
    apps,
    audit,
    auth,
    calls,
    clients,
    explain,
    files,
    invitations,
    me,
    models,
    notices,
    oauth_metadata,
    preferences,
    providers,
    rates,
    routing,
    sso_issuers,
    trusted_issuers,
    usage_stats,
    user_info,
    users,
)
from aigne_hub.api.auth_links import link_routes
from aigne_hub.api.connect import connect_routes
from aigne_hub.api.credentials import credential_routes
from aigne_hub.api.gates import refuse_ungated
from aigne_hub.api.oauth import protocol_routes
from aigne_hub.api.oauth_forms import error_answer, issuer_of
from aigne_hub.api.oauth_pages import page_routes
from aigne_hub.api.openapi import completed
from aigne_hub.api.refusals import note_refusal
from aigne_hub.api.registered_apps import app_routes
from aigne_hub.api.sso import identity_router, sso_routes
from aigne_hub.base.errors import BadRequest, HubError, NotFound, WrongMethod
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.house import House

# On these the reference's clients and console read `error` as a sentence, not as an object (contract 1.6).
_SENTENCE_PATHS = ("/api/user/", "/api/ai-providers", "/api/ai/", "/api/usage/")


def control_plane(house: House) -> FastAPI:
    """The control plane of a house. Raises RuntimeError when a route does not say who may use it."""
    app = routes()
    app.state.house = house
    return app


def routes() -> FastAPI:
    """Every route, with nothing behind it yet: enough for the document of the API."""
    app = FastAPI(
        title="AIGNE Hub",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(auth.router, prefix="/api/auth")
    for prefix in ("/api/ai-providers", "/api/ai"):
        is_listed = prefix == "/api/ai-providers"
        app.include_router(providers.router, prefix=prefix, tags=["providers"], include_in_schema=is_listed)
        app.include_router(models.router, prefix=prefix, include_in_schema=is_listed)
        app.include_router(rates.router, prefix=prefix, include_in_schema=is_listed)
        app.include_router(credential_routes(), prefix=prefix, tags=["credentials"], include_in_schema=is_listed)
    app.include_router(access_keys.router, prefix="/api/access-keys", tags=["access keys"])
    app.include_router(link_routes(), prefix="/api/auth")
    app.include_router(sso_routes(), prefix="/api/auth/sso")
    app.include_router(me.router, prefix="/api/me")
    app.include_router(identity_router, prefix="/api/me/identities")
    app.include_router(users.router, prefix="/api/users")
    app.include_router(invitations.router, prefix="/api/invitations")
    app.include_router(sso_issuers.router, prefix="/api/sso-issuers")
    app.include_router(preferences.router, prefix="/api/preferences")
    app.include_router(routing.router, prefix="/api/routing")
    app.include_router(explain.router, prefix="/api/routing")
    app.include_router(notices.router, prefix="/api/notices")
    app.include_router(connect_routes())
    app.include_router(audit.router, prefix="/api/audit")
    app.include_router(files.router, prefix="/api/files")
    app.include_router(app_routes(), prefix="/api/app")
    app.include_router(protocol_routes())
    app.include_router(page_routes())
    app.include_router(oauth_metadata.router)
    app.include_router(clients.router, prefix="/api/oauth-clients")
    app.include_router(trusted_issuers.router, prefix="/api/trusted-issuers")
    app.include_router(apps.router, prefix="/api/me/apps")
    app.include_router(user_info.router, prefix="/api/user")
    app.include_router(calls.router, prefix="/api/user", tags=["usage"])
    app.include_router(usage_stats.router, tags=["usage"])
    app.add_exception_handler(HubError, _hub_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _fault)
    refuse_ungated(app)
    app.openapi = lambda: completed(app)  # type: ignore[method-assign]
    return app


async def _hub_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)
    if error.refused_as is not None:
        await note_refusal(request, error)
    body, headers = _told(request, error)
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, WrongMethod):
        headers["allow"] = error.allowed
    return Response(body, error.status, headers, media_type="application/json")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    problem = BadRequest(
        f"Validation error: {place}: {first['msg']}" if place else f"Validation error: {first['msg']}",
        param=place or None,
    )
    return await _hub_error(request, problem)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return await _hub_error(request, WrongMethod(_allowed(request)))
    if error.status_code == 404:
        return await _hub_error(request, NotFound(f"there is nothing at {request.method} {request.url.path}"))
    problem = HubError(str(error.detail), code="http_error")
    problem.status = error.status_code
    return await _hub_error(request, problem)


async def _fault(request: Request, _error: Exception) -> Response:
    """A mistake of ours; the server logs the trace."""
    return await _hub_error(request, HubError("the hub made a mistake; its log has the details"))


def _allowed(request: Request) -> str:
    """The methods that some route takes at this path."""

    def is_taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return ", ".join(filter(is_taken, ("GET", "POST", "PUT", "PATCH", "DELETE")))


def _told(request: Request, error: HubError) -> tuple[bytes, dict[str, str]]:
    """The body and the headers by which an error is told: at OAuth's own endpoints as its RFCs say."""
    if request.scope["path"].startswith("/oauth/"):
        return error_answer(error)
    if not has_challenge(error):
        return _body(request, error), {}
    return _body(request, error), {"www-authenticate": bearer_challenge(issuer_of(request), error)}


def _body(request: Request, error: HubError) -> bytes:
    path = request.scope["path"]
    if path.startswith(_SENTENCE_PATHS):
        is_unknown_user = path.startswith("/api/user/") and error.code == "missing_api_key"
        message = "User not authenticated" if is_unknown_user else error.message
        shown: dict[str, object] = {"error": message, "code": error.code}
        if error.retry_after is not None:
            shown["retryAfter"] = error.retry_after
        return msgspec.json.encode(shown)
    return error_body(error)
