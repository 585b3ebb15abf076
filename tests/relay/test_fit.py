"""A call that its model surely cannot answer is refused in the caller's words, and no provider is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.flows.keep_credential import CredentialDraft
from tests.databases import fresh_sqlite
from tests.dialects.chats import PIXEL
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

HI: Any = [{"role": "user", "content": "hi"}]
PICTURE: Any = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]}
]
TOOL: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


async def with_openai(hub: RunningHub, upstream: Upstream) -> None:
    """Have a provider of a known name, whose models' names mean what they say."""
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "openai", base_url=upstream.url)
    draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": "sk-upstream-0123456789"})
    await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    async with asyncio.timeout(10):
        while (await hub.ask({"model": "openai/gpt-4o", "messages": HI})).status_code != 200:
            await asyncio.sleep(0.05)
    upstream.asked.clear()


@pytest.fixture
async def openai_hub(hub: RunningHub, upstream: Upstream) -> RunningHub:
    await with_openai(hub, upstream)
    return hub


@pytest.fixture
async def gpt(openai_hub: RunningHub) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{openai_hub.url}/v1", api_key=openai_hub.member_key, max_retries=0) as one:
        yield one


async def test_pictures_tools_and_chats_are_refused_where_there_are_none(
    openai_hub: RunningHub, gpt: openai.AsyncOpenAI, upstream: Upstream
) -> None:
    before = len(await openai_hub.calls())
    with pytest.raises(openai.BadRequestError, match=r"openai/o3-mini .*cannot see pictures") as refused:
        await gpt.chat.completions.create(model="openai/o3-mini", messages=PICTURE)
    assert (refused.value.code, refused.value.param) == ("model_unfit", "model")
    with pytest.raises(openai.BadRequestError, match=r"openai/o1-mini .*cannot use tools"):
        await gpt.chat.completions.create(model="openai/o1-mini", messages=HI, tools=[TOOL])
    with pytest.raises(openai.BadRequestError, match=r"text-embedding-3-small .*answers no chats"):
        await gpt.chat.completions.create(model="openai/text-embedding-3-small", messages=HI, stream=True)
    with pytest.raises(openai.BadRequestError, match="answers no calls for pictures"):
        await gpt.images.generate(model="openai/text-embedding-3-small", prompt="a cat")
    assert upstream.asked == []
    assert len(await openai_hub.calls()) == before


async def test_what_a_model_may_be_able_to_do_goes_on(gpt: openai.AsyncOpenAI, upstream: Upstream) -> None:
    await gpt.chat.completions.create(model="openai/o3-mini", messages=HI, tools=[TOOL])
    await gpt.chat.completions.create(model="openai/a-model-of-next-year", messages=PICTURE, tools=[TOOL])
    assert len(upstream.asked) == 2


async def test_the_refusal_has_the_caller_s_shape(hub: RunningHub, upstream: Upstream) -> None:
    async with anthropic.AsyncAnthropic(base_url=hub.url, api_key=hub.member_key, max_retries=0) as claude:
        with pytest.raises(anthropic.BadRequestError, match="up/e is not for this call") as refused:
            await claude.messages.create(model="up/e", max_tokens=9, messages=HI)
    body: Any = refused.value.body
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    options = types.HttpOptions(base_url=hub.url, retry_options=types.HttpRetryOptions(attempts=1))
    async with genai.Client(api_key=hub.member_key, http_options=options).aio as google:
        with pytest.raises(errors.ClientError, match="up/e is not for this call") as shown:
            await google.models.generate_content(model="up/e", contents="hi")
    assert shown.value.status == "INVALID_ARGUMENT"
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/videos", {"model": "up/e", "prompt": "a cat"}),
        ("/api/v2/video", {"input": {"prompt": "a cat", "model": "up/e"}}),
    ],
)
async def test_no_video_is_begun_with_a_model_for_embeddings(
    hub: RunningHub, upstream: Upstream, path: str, body: dict[str, Any]
) -> None:
    answer = await hub.ask(body, path=path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "model_unfit")
    assert "answers no calls for videos" in answer.json()["error"]["message"]
    assert upstream.asked == []


async def test_an_operator_leaves_it_to_the_providers(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path)
    async with running_hub(replace(settings, check_models=False), upstream) as hub:
        assert (await hub.ask({"model": "up/e", "messages": HI})).status_code == 200
        await with_openai(hub, upstream)
        assert (await hub.ask({"model": "openai/o3-mini", "messages": PICTURE})).status_code == 200
