"""What the hub publishes of its OAuth, and how a refused caller is led to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigne_hub.audit.records import SYSTEM
from tests.databases import fresh_sqlite
from tests.oauth_app import register
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

SERVER, RESOURCE = "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"


async def test_the_server_is_published_with_all_it_does(hub: RunningHub) -> None:
    found = (await hub.http.get(SERVER)).json()
    assert found["issuer"] == hub.url
    assert found["token_endpoint"] == f"{hub.url}/oauth/token"
    assert "registration_endpoint" not in found
    async with hub.house.database.write() as conn:
        await hub.house.preferences.change(conn, SYSTEM, dynamic_registration=True)
    found = (await hub.http.get(f"{SERVER}/v1")).json()
    assert found["registration_endpoint"] == f"{hub.url}/oauth/register"


async def test_every_published_endpoint_is_there(hub: RunningHub) -> None:
    found = (await hub.http.get(SERVER)).json()
    for name, url in found.items():
        if name.endswith("_endpoint"):
            assert (await hub.http.post(url)).status_code in (400, 401), name


@pytest.mark.parametrize("path", ["/v1/models", "/api/user/model-calls", "/api/access-keys"])
async def test_a_refused_caller_finds_the_way_from_the_challenge_to_the_server(hub: RunningHub, path: str) -> None:
    refused = await hub.http.get(path)
    challenge = refused.headers["www-authenticate"]
    assert refused.status_code == 401 and challenge.startswith("Bearer resource_metadata=")
    resource = (await hub.http.get(challenge.partition('"')[2].rstrip('"'))).json()
    assert resource["resource"] == hub.url
    (server,) = resource["authorization_servers"]
    assert (await hub.http.get(server + SERVER)).json()["issuer"] == server
    wrong = await hub.http.get(path, headers=hub.bearer("hubat_wrong"))
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


async def test_a_part_of_the_hub_is_a_resource_too(hub: RunningHub) -> None:
    assert (await hub.http.get(f"{RESOURCE}/v1")).json()["resource"] == f"{hub.url}/v1"
    assert (await hub.http.get(f"{RESOURCE}/v1<x>")).status_code == 400


async def test_a_hub_with_a_public_address_is_known_by_it_alone(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    settings = settings_for(url, tmp_path, public_url="https://hub.example")
    async with running_hub(settings, upstream) as hub:
        for headers in ({}, {"host": "evil.example"}):
            assert (await hub.http.get(SERVER, headers=headers)).json()["issuer"] == "https://hub.example"
            for path in ("/v1/models", "/api/access-keys"):
                refused = await hub.http.get(path, headers=headers)
                assert f'"https://hub.example{RESOURCE}"' in refused.headers["www-authenticate"]
        app = await register(hub)
        answer = await app.authorize()
        assert answer.headers["location"].startswith("https://hub.example/consent?request=")


@pytest.mark.parametrize("host", [b'x"y', b"a b", b"\xe9"])
async def test_a_host_that_is_none_is_not_repeated(hub: RunningHub, host: bytes) -> None:
    for path in ("/v1/models", "/api/access-keys"):
        refused = await hub.http.get(path, headers=[(b"host", host)])
        assert refused.headers.get("www-authenticate", "Bearer") == "Bearer"
