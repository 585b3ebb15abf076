"""Bedrock behind the hub: signed with an access key pair or shown an API key, whole and streamed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.flows.keep_credential import CredentialDraft
from tests.dialects.bedrock_converse.test_answers import STREAM, answer
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, streamed, whole

pytestmark = pytest.mark.anyio

PAIR = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfi"}
MODEL = "us.amazon.nova-lite-v1:0"
HELLO = {"model": f"bedrock/{MODEL}", "messages": [{"role": "user", "content": "hi"}]}


async def add(hub: RunningHub, upstream: Upstream, kind: CredentialKind, value: dict[str, str]) -> None:
    """A provider named bedrock at the test's upstream, tried before it is kept."""
    upstream.script = whole(answer({"text": "Hello"}))
    async with hub.house.database.write() as conn:
        url = upstream.url.removesuffix("/v1")
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "bedrock", base_url=url, region="eu-west-1")
    await hub.house.credentials.add(SYSTEM, provider.id, CredentialDraft("aws", kind, value))
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask(HELLO)).status_code == 503:
            await asyncio.sleep(0.05)


def signed_by_botocore(asked: Asked) -> str:
    sent = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    url = f"http://{asked.headers['host']}{asked.path}"
    request = AWSRequest("POST", url, {"content-type": "application/json"}, asked.body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=sent):
        SigV4Auth(Credentials(*PAIR.values()), "bedrock", "eu-west-1").add_auth(request)
    return str(request.headers["Authorization"])


async def test_a_key_pair_signs_each_request_and_is_never_sent(hub: RunningHub, upstream: Upstream) -> None:
    await add(hub, upstream, CredentialKind.access_key_pair, PAIR)
    shown = (await hub.ask(HELLO)).json()
    assert shown["choices"][0]["message"]["content"] == "Hello"
    for asked in upstream.asked:
        assert asked.path == "/model/us.amazon.nova-lite-v1%3A0/converse"
        assert asked.headers["authorization"] == signed_by_botocore(asked)
        assert PAIR["secret_access_key"] not in repr(asked)
    call = (await hub.calls())[-1]
    assert (call.dialect, call.upstream_dialect, call.usage.input) == ("openai_chat", "bedrock_converse", 9)


async def test_a_stream_in_frames_reaches_the_caller_as_events(hub: RunningHub, upstream: Upstream) -> None:
    await add(hub, upstream, CredentialKind.api_key, {"api_key": "bedrock-api-key-0123456789"})
    upstream.script = streamed([STREAM[:100], STREAM[100:]])
    text = (await hub.ask({**HELLO, "stream": True})).text
    assert '"content":"Hel"' in text
    assert text.endswith("data: [DONE]\n\n")
    asked = upstream.asked[-1]
    assert asked.path.endswith("/converse-stream")
    assert asked.headers["authorization"] == "Bearer bedrock-api-key-0123456789"
    assert "x-amz-date" not in asked.headers


async def test_half_a_pair_and_a_pair_for_others_are_refused(hub: RunningHub, upstream: Upstream) -> None:
    draft = CredentialDraft("aws", CredentialKind.access_key_pair, {"access_key_id": "AKID"})
    with pytest.raises(BadRequest, match="api_key"):
        await hub.house.credentials.add(SYSTEM, hub.provider.id, draft)
    async with hub.house.database.write() as conn:
        bedrock = await hub.house.providers.add_provider(conn, SYSTEM, "bedrock", region="us-east-1")
    assert bedrock.base_url == "https://bedrock-runtime.us-east-1.amazonaws.com"
    with pytest.raises(BadRequest, match="secret_access_key"):
        await hub.house.credentials.add(SYSTEM, bedrock.id, draft)
