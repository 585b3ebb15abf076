"""Usage of which its provider told nothing, or not all."""

from __future__ import annotations

import json

import pytest

from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.said import Said
from aigne_hub.dialects.usage import Usage
from aigne_hub.relay.estimating import of_broken_off, of_stream, of_whole
from aigne_hub.usage.records import Source
from tests.upstream import COMPLETION, chunks_of, events_of

pytestmark = pytest.mark.anyio

CHAT = OpenAIChat(is_hybrid=False)
LONG = "word " * 100


def call(content: str = LONG) -> Call:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": content}]}).encode()
    return CHAT.read_request(body, accepts_stream=False)


def said(*words: str) -> Said:
    heard = Said()
    for one in events_of(chunks_of(list(words)), done=False):
        heard.add(one)
    return heard


async def test_a_whole_answer_is_estimated_both_ways() -> None:
    usage, source = await of_whole(call(), CHAT, json.dumps(COMPLETION).encode())
    assert source is Source.estimated and usage is not None
    assert usage.input is not None and 100 <= usage.input <= 150
    assert usage.output in (1, 2)


@pytest.mark.parametrize("size", [1_000, 400_000])
async def test_a_large_request_is_estimated_too(size: int) -> None:
    usage, _ = await of_whole(call("a" * size), CHAT, b"{}")
    assert usage is not None and usage.input is not None
    assert usage.input == pytest.approx(size / 4, rel=0.05)


async def test_what_is_no_chat_is_not_estimated() -> None:
    embedding = Call(Kind.embedding, "m", b"{}")
    assert await of_whole(embedding, Embeddings(), b"{}") == (None, Source.missing)
    assert await of_stream(embedding, Embeddings(), said("a"), None) == (None, Source.missing)


async def test_a_stream_that_said_nothing_used_nothing() -> None:
    for heard in (None, Said(), said()):
        assert await of_stream(call(), CHAT, heard, None) == (None, Source.missing)
        assert await of_stream(call(), CHAT, heard, Usage(100, 0)) == (None, Source.missing)


async def test_what_the_provider_told_stays_and_the_rest_is_estimated() -> None:
    usage, source = await of_stream(call(), CHAT, said(LONG), Usage(77, 1, cache_read=5))
    assert source is Source.estimated and usage is not None
    assert (usage.input, usage.cache_read) == (77, 5)
    assert usage.output is not None and 100 <= usage.output <= 150
    told = Usage(77, 1000)
    assert await of_stream(call(), CHAT, said(LONG), told) == (told, Source.partial)


async def test_what_is_broken_off_is_estimated_at_once() -> None:
    assert of_broken_off(call(), CHAT, said(LONG), None) == await of_stream(call(), CHAT, said(LONG), None)
    usage, source = of_broken_off(call("a" * 400_000), CHAT, said(LONG), None)
    assert source is Source.estimated and usage is not None
    assert (usage.input, of_broken_off(call(), CHAT, None, None)) == (None, (None, Source.partial))
