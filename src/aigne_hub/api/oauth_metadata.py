"""What the hub publishes of its OAuth is served here (RFC 8414, RFC 9728)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from aigne_hub.access.oauth.metadata import resource_metadata, server_metadata
from aigne_hub.access.preferences import read_preferences
from aigne_hub.api.callers import Anyone, Read
from aigne_hub.api.oauth_forms import issuer_of

router = APIRouter(prefix="/.well-known", tags=["oauth"])

_PathInPath = Annotated[str, Path(max_length=200, pattern=r"^[A-Za-z0-9._~/-]*$")]


@router.get("/oauth-authorization-server")
async def server(request: Request, _by: Anyone, conn: Read) -> dict[str, Any]:
    """The authorization server (RFC 8414 section 3)."""
    kept = await read_preferences(conn)
    return server_metadata(issuer_of(request), can_register=kept.dynamic_registration)


@router.get("/oauth-authorization-server/{path:path}", include_in_schema=False)
async def server_below(path: _PathInPath, request: Request, by: Anyone, conn: Read) -> dict[str, Any]:
    """The same, for a client that writes the path it calls behind it; there is one server for all paths."""
    del path
    return await server(request, by, conn)


@router.get("/oauth-protected-resource")
async def resource(request: Request, _by: Anyone) -> dict[str, Any]:
    """The hub as what tokens are for (RFC 9728 section 3)."""
    return resource_metadata(issuer_of(request), "")


@router.get("/oauth-protected-resource/{path:path}", include_in_schema=False)
async def resource_below(path: _PathInPath, request: Request, _by: Anyone) -> dict[str, Any]:
    """One part of the hub, such as `v1` (RFC 9728 section 3.1)."""
    return resource_metadata(issuer_of(request), path)
