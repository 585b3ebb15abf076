"""The matrix of the control plane: for every route, who may use it. A route without a line here fails the tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Who gets past the gate of a route."""

    anyone = "anyone"
    known = "known"  # whoever shows a live key, token or session
    person = "person"  # only a session at the console
    manager = "manager"  # owners and admins


@dataclass(frozen=True, slots=True)
class Line:
    """`scope` is what a key needs; `is_owned` marks a route about an object that belongs to somebody."""

    who: Who
    scope: str | None = None
    is_owned: bool = False


_OPEN = Line(Who.anyone)
_PERSON, _OWN = Line(Who.person), Line(Who.person, is_owned=True)
_KEYS, _OWN_KEY = Line(Who.known, "keys.manage"), Line(Who.known, "keys.manage", is_owned=True)
_USAGE = Line(Who.known, "usage.read")
_ADMIN = Line(Who.manager, "admin")

MATRIX = {
    "GET /api/auth/state": _OPEN,
    "POST /api/auth/sign-in": _OPEN,
    "POST /api/auth/sign-out": _PERSON,
    "GET /api/auth/session": _PERSON,
    "POST /api/auth/passkey/options": _OPEN,
    "POST /api/auth/passkey/sign-in": _OPEN,
    "POST /api/auth/links/open": _OPEN,
    "POST /api/auth/links/passkey-options": _OPEN,
    "POST /api/auth/links/redeem": _OPEN,
    "POST /api/auth/password-reset": _OPEN,
    "GET /api/me": Line(Who.known),
    "PATCH /api/me": _PERSON,
    "POST /api/me/password": _PERSON,
    "GET /api/me/passkeys": _PERSON,
    "POST /api/me/passkeys": _PERSON,
    "POST /api/me/passkeys/options": _PERSON,
    "PATCH /api/me/passkeys/{id}": _OWN,
    "DELETE /api/me/passkeys/{id}": _OWN,
    "GET /api/me/sessions": _PERSON,
    "DELETE /api/me/sessions": _PERSON,
    "DELETE /api/me/sessions/{id}": _OWN,
    "GET /api/access-keys": _KEYS,
    "POST /api/access-keys": _KEYS,
    "GET /api/access-keys/{id}": _OWN_KEY,
    "PATCH /api/access-keys/{id}": _OWN_KEY,
    "POST /api/access-keys/{id}/rotate": _OWN_KEY,
    "DELETE /api/access-keys/{id}": _OWN_KEY,
    "GET /api/users": _ADMIN,
    "POST /api/users": _ADMIN,
    "GET /api/users/{id}": _ADMIN,
    "PATCH /api/users/{id}": _ADMIN,
    "POST /api/users/{id}/sign-out": _ADMIN,
    "POST /api/users/{id}/revoke-keys": _ADMIN,
    "POST /api/users/{id}/password-reset": _ADMIN,
    "GET /api/invitations": _ADMIN,
    "POST /api/invitations": _ADMIN,
    "DELETE /api/invitations/{id}": _ADMIN,
    "GET /api/preferences": _ADMIN,
    "PATCH /api/preferences": _ADMIN,
    "GET /api/routing/routes": _ADMIN,
    "GET /api/routing/routes/{model:path}": _ADMIN,
    "PUT /api/routing/routes/{model:path}": _ADMIN,
    "DELETE /api/routing/routes/{model:path}": _ADMIN,
    "POST /api/routing/explain": _ADMIN,
    "GET /api/notices": _ADMIN,
    "PUT /api/notices/webhook": _ADMIN,
    "DELETE /api/notices/webhook": _ADMIN,
    "POST /api/notices/webhook/test": _ADMIN,
    "GET /api/audit": _ADMIN,
    "GET /api/audit/export": _ADMIN,
    "GET /api/audit/verify": _ADMIN,
    "GET /api/files": Line(Who.known, "inference"),
    "DELETE /api/files/{id}": Line(Who.known, "inference", is_owned=True),
    "POST /api/app/register": _OPEN,
    "GET /api/app/status": _OPEN,
    "GET /api/user/info": Line(Who.known),
    "GET /api/user/model-calls": _USAGE,
    "GET /api/user/usage-stats": _USAGE,
    "GET /api/user/admin/user-stats": _ADMIN,
    "GET /api/user/weekly-comparison": _USAGE,
    "GET /api/user/monthly-comparison": _USAGE,
    "GET /api/v2/usage": _USAGE,
    "POST /.well-known/service/api/access-key/session": _OPEN,
    "GET /.well-known/service/api/access-key/session": _OPEN,
    "DELETE /.well-known/service/api/access-key/session": _OPEN,
    "POST /.well-known/service/api/access-key/authorize": _PERSON,
    "GET /api/connect/{sid}": _PERSON,
    "GET /api/auth/sso/{issuerId}/start": _OPEN,
    "GET /api/auth/sso/callback": _OPEN,
    "GET /api/me/identities": _PERSON,
    "POST /api/me/identities/{issuerId}/start": _PERSON,
    "DELETE /api/me/identities/{id}": _OWN,
    "GET /api/me/apps": Line(Who.known),
    "DELETE /api/me/apps/{id}": _OWN,
    "GET /api/sso-issuers": _ADMIN,
    "POST /api/sso-issuers": _ADMIN,
    "PATCH /api/sso-issuers/{id}": _ADMIN,
    "DELETE /api/sso-issuers/{id}": _ADMIN,
    "POST /api/sso-issuers/{id}/test": _ADMIN,
    "GET /api/trusted-issuers": _ADMIN,
    "POST /api/trusted-issuers": _ADMIN,
    "PATCH /api/trusted-issuers/{id}": _ADMIN,
    "DELETE /api/trusted-issuers/{id}": _ADMIN,
    "GET /api/oauth-clients": _ADMIN,
    "POST /api/oauth-clients": _ADMIN,
    "PATCH /api/oauth-clients/{id}": _ADMIN,
    "DELETE /api/oauth-clients/{id}": _ADMIN,
    "POST /api/oauth-clients/{id}/rotate-secret": _ADMIN,
    "GET /.well-known/oauth-authorization-server": _OPEN,
    "GET /.well-known/oauth-authorization-server/{path:path}": _OPEN,
    "GET /.well-known/oauth-protected-resource": _OPEN,
    "GET /.well-known/oauth-protected-resource/{path:path}": _OPEN,
    "GET /oauth/authorize": _OPEN,
    "POST /oauth/authorize": _OPEN,
    "POST /oauth/token": _OPEN,
    "POST /oauth/device_authorization": _OPEN,
    "POST /oauth/revoke": _OPEN,
    "POST /oauth/introspect": _OPEN,
    "POST /oauth/register": _OPEN,
    "GET /api/oauth/requests/{ticket}": _PERSON,
    "POST /api/oauth/requests/{ticket}": _PERSON,
    "POST /api/oauth/device/open": _PERSON,
    "POST /api/oauth/device": _PERSON,
}
for _prefix in ("/api/ai-providers", "/api/ai"):
    MATRIX |= {
        f"GET {_prefix}": _ADMIN,
        f"POST {_prefix}": _ADMIN,
        f"GET {_prefix}/health": _OPEN,
        f"GET {_prefix}/models": _OPEN,
        f"GET {_prefix}/chat/models": _OPEN,
        f"GET {_prefix}/model-rates": _ADMIN,
        f"POST {_prefix}/model-rates": _ADMIN,
        f"POST {_prefix}/bulk-rate-update": _ADMIN,
        f"GET {_prefix}/{{provider_id}}/model-rates": _ADMIN,
        f"POST {_prefix}/{{provider_id}}/model-rates": _ADMIN,
        f"PUT {_prefix}/{{provider_id}}/model-rates/{{rate_id}}": _ADMIN,
        f"DELETE {_prefix}/{{provider_id}}/model-rates/{{rate_id}}": _ADMIN,
        f"GET {_prefix}/test-models": _ADMIN,
        f"PUT {_prefix}/{{provider_id}}": _ADMIN,
        f"DELETE {_prefix}/{{provider_id}}": _ADMIN,
        f"POST {_prefix}/{{provider_id}}/credentials": _ADMIN,
        f"POST {_prefix}/{{provider_id}}/credentials/test": _ADMIN,
        f"PUT {_prefix}/{{provider_id}}/credentials/{{credential_id}}": _ADMIN,
        f"GET {_prefix}/{{provider_id}}/credentials/{{credential_id}}/check": _ADMIN,
        f"DELETE {_prefix}/{{provider_id}}/credentials/{{credential_id}}": _ADMIN,
    }
