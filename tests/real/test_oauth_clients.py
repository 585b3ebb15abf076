"""Published OAuth clients against the running hub: Authlib, openid-client, oauth4webapi, and bash with curl."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError

from aigne_hub.access.identity import Role, UserKind
from aigne_hub.access.oauth.records import Grant
from aigne_hub.audit.records import SYSTEM
from tests.environment import environment
from tests.oauth_app import App, register
from tests.real.packages import installed, run, tool
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

_HERE = Path(__file__).parent
LOOPBACK = ("http://127.0.0.1/cb",)


async def machine(hub: RunningHub) -> App:
    async with hub.house.database.write() as conn:
        robot = await hub.house.users.add(conn, SYSTEM, "Robot", role=Role.member, kind=UserKind.service)
    grants = frozenset({Grant.client_credentials})
    return await register(hub, is_public=False, redirect_uris=(), grants=grants, service_account_id=robot.id)


async def person(hub: RunningHub) -> dict[str, str]:
    """What the scripts need to be a person's browser."""
    me = await hub.signed_in(hub.member)
    return {"HUB": hub.url, "COOKIE": me["cookie"], "CSRF": me["x-csrf-token"], "MODEL": "up/m"}


async def node(script: str, **variables: str) -> Any:
    folder = await asyncio.to_thread(installed, _HERE / "oauth")
    done = await asyncio.to_thread(run, [tool("node"), script], folder=folder, timeout_s=60, **variables)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


async def test_openid_client_does_all_it_knows(hub: RunningHub) -> None:
    app, public, robot = (
        await register(hub, is_public=False, redirect_uris=LOOPBACK),
        await register(hub),
        await machine(hub),
    )
    async with hub.house.database.write() as conn:
        await hub.house.preferences.change(conn, SYSTEM, dynamic_registration=True)
    seen = await node(
        "openid_client.mjs",
        **await person(hub),
        CLIENT_ID=app.client_id,
        CLIENT_SECRET=app.made.secret or "",
        PUBLIC_ID=public.client_id,
        MACHINE_ID=robot.client_id,
        MACHINE_SECRET=robot.made.secret or "",
    )
    assert 3590 < seen.pop("expiresIn") <= 3600
    assert seen == {
        "call": 200,
        "introspected": [True, "inference models.read", True],
        "refreshed": 200,
        "revoked": False,
        "reused": "invalid_grant",
        "familyEnded": "invalid_grant",
        "replayed": "invalid_grant",
        "device": 200,
        "machine": 200,
        "wrongSecret": 401,
        "registered": "Registered",
    }


async def test_oauth4webapi_finds_its_way_from_a_refusal_to_a_token(hub: RunningHub) -> None:
    public = await register(hub, redirect_uris=LOOPBACK)
    seen = await node("oauth4webapi.mjs", **await person(hub), PUBLIC_ID=public.client_id)
    assert seen.pop("challenge") == f'Bearer resource_metadata="{hub.url}/.well-known/oauth-protected-resource"'
    assert seen == {
        "pkce": ["S256"],
        "tokenType": "bearer",
        "call": 200,
        "refreshed": 200,
        "forbidden": 403,
        "wrong": [["bearer", "invalid_token"]],
        "ended": "invalid_grant",
    }


async def test_authlib_gets_refreshes_and_gives_back_a_token(hub: RunningHub) -> None:
    app, robot = await register(hub, is_public=False), await machine(hub)
    token_url = f"{hub.url}/oauth/token"
    async with AsyncOAuth2Client(
        app.client_id,
        app.made.secret,
        redirect_uri=app.redirect_uri,
        scope="inference",
        code_challenge_method="S256",
        token_endpoint=token_url,
    ) as client:
        verifier = "v" * 64
        url, state = client.create_authorization_url(f"{hub.url}/oauth/authorize", code_verifier=verifier)
        asked = await hub.http.get(url)
        ticket, me = asked.headers["location"].partition("=")[2], await hub.signed_in(hub.member)
        answer = await hub.http.post(f"/api/oauth/requests/{ticket}", json={"allow": True}, headers=me)
        back = answer.json()["redirect"]
        token = await client.fetch_token(token_url, authorization_response=back, state=state, code_verifier=verifier)
        assert (await client.get(f"{hub.url}/v1/models")).status_code == 403  # it asked for inference alone
        body = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}
        assert (await client.post(f"{hub.url}/v1/chat/completions", json=body)).status_code == 200
        again = await client.refresh_token(token_url, refresh_token=token["refresh_token"])
        assert again["access_token"] != token["access_token"]
        told = await client.introspect_token(f"{hub.url}/oauth/introspect", token=again["access_token"])
        assert told.json()["active"] is True
        await client.revoke_token(f"{hub.url}/oauth/revoke", token=again["refresh_token"])
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(token_url, refresh_token=again["refresh_token"])
    async with AsyncOAuth2Client(
        robot.client_id, robot.made.secret, token_endpoint_auth_method="client_secret_post"
    ) as client:
        token = await client.fetch_token(token_url, grant_type="client_credentials")
        assert token["scope"] == "inference models.read"
        assert (await client.get(f"{hub.url}/v1/models")).status_code == 200


async def test_a_device_needs_no_more_than_curl(hub: RunningHub, tmp_path: Path) -> None:
    public, me = await register(hub), await hub.signed_in(hub.member)
    allow = tmp_path / "allow"
    headers = " ".join(f"-H '{name}: {value}'" for name, value in {**me, "content-type": "application/json"}.items())
    body = '{\\"userCode\\": \\"$1\\", \\"allow\\": true}'
    allow.write_text(f'#!/bin/sh\nexec curl -sS {hub.url}/api/oauth/device {headers} -d "{body}" >/dev/null\n')
    allow.chmod(0o700)
    process = await asyncio.create_subprocess_exec(
        "bash",
        str(_HERE / "device_flow.sh"),
        env={**environment(), "HUB": hub.url, "CLIENT_ID": public.client_id, "MODEL": "up/m", "ALLOW": str(allow)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert json.loads(out)["choices"]
    assert f"open {hub.url}/device and enter " in err.decode()
