"""What the hub publishes of its OAuth: RFC 8414, RFC 9728, RFC 9207."""

from __future__ import annotations

import pytest

from aigne_hub.audit.records import SYSTEM
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

SERVER, RESOURCE = "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"


async def test_the_server_tells_what_it_does_and_no_more(hub: RunningHub) -> None:
    told = (await hub.http.get(SERVER)).json()
    assert told["issuer"] == hub.url
    assert told["token_endpoint"] == f"{hub.url}/oauth/token"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert "password" not in told["grant_types_supported"] and "implicit" not in told["grant_types_supported"]
    assert "registration_endpoint" not in told
    async with hub.house.database.write() as conn:
        await hub.house.preferences.change(conn, SYSTEM, dynamic_registration=True)
    assert (await hub.http.get(SERVER)).json()["registration_endpoint"] == f"{hub.url}/oauth/register"


async def test_who_is_refused_learns_where_to_ask(hub: RunningHub) -> None:
    """RFC 9728 section 5.1, at the fast door and at the control plane."""
    for path, method in (("/v1/models", "GET"), ("/v1/chat/completions", "POST"), ("/api/me", "GET")):
        answer = await hub.http.request(method, path)
        assert answer.status_code == 401
        assert f'resource_metadata="{hub.url}{RESOURCE}"' in answer.headers["www-authenticate"]
    told = (await hub.http.get(RESOURCE)).json()
    assert (told["resource"], told["authorization_servers"]) == (hub.url, [hub.url])
    assert (await hub.http.get(f"{RESOURCE}/v1")).json()["resource"] == f"{hub.url}/v1"


async def test_a_host_that_is_none_is_not_told_back(hub: RunningHub) -> None:
    answer = await hub.http.get("/v1/models", headers={"host": 'evil"\\, x="'})
    assert answer.status_code in (400, 401)
    assert "evil" not in answer.headers.get("www-authenticate", "")
