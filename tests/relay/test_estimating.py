"""Usage of which its provider told nothing, or not all: by letters, and by the tokenizer through the real doors."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.said import Said
from aigne_hub.dialects.usage import Usage
from aigne_hub.relay.estimating import Estimating, of_broken_off
from aigne_hub.tokenizer.keeper import Tokenizer
from aigne_hub.usage.records import Source, Status
from tests.running import RunningHub
from tests.tokenizer.processes import tokenizers_of
from tests.upstream import COMPLETION, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

CHAT = OpenAIChat(is_hybrid=False)
LONG = "word " * 100
# Of OpenAI's announcement of GPT-4o: 24 tokens each. By letters they are 20 and 27, and together 47.
ENGLISH = "Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!"
CHINESE = "你好，我的名字是GPT-4o。我是一种新型的语言模型，很高兴见到你!"  # noqa: RUF001
UNTOLD = {name: value for name, value in COMPLETION.items() if name != "usage"}


@pytest.fixture
def by_letters() -> Estimating:
    """Of a hub that is stopping: its tokenizer tells nothing any more."""
    tokenizer = Tokenizer(StoppedClock())
    tokenizer.close()
    return Estimating(tokenizer)


@pytest.fixture
async def counting() -> AsyncIterator[Estimating]:
    tokenizer = Tokenizer(StoppedClock())
    try:
        yield Estimating(tokenizer)
    finally:
        tokenizer.close()


def call(content: str = LONG) -> Call:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": content}]}).encode()
    return CHAT.read_request(body, accepts_stream=False)


def said(*words: str) -> Said:
    heard = Said()
    for one in events_of(chunks_of(list(words)), done=False):
        heard.add(one)
    return heard


async def test_a_whole_answer_is_estimated_both_ways(by_letters: Estimating) -> None:
    usage, source = await by_letters.of_whole(call(), CHAT, json.dumps(COMPLETION).encode())
    assert source is Source.estimated and usage is not None
    assert usage.input is not None and 100 <= usage.input <= 150
    assert usage.output in (1, 2)


@pytest.mark.parametrize("size", [1_000, 400_000])
async def test_a_large_request_is_estimated_too(by_letters: Estimating, size: int) -> None:
    usage, _ = await by_letters.of_whole(call("a" * size), CHAT, b"{}")
    assert usage is not None and usage.input is not None
    assert usage.input == pytest.approx(size / 4, rel=0.05)


async def test_what_is_no_chat_is_not_estimated(by_letters: Estimating) -> None:
    embedding = Call(Kind.embedding, "m", b"{}")
    assert await by_letters.of_whole(embedding, Embeddings(), b"{}") == (None, Source.missing)
    assert await by_letters.of_stream(embedding, Embeddings(), said("a"), None) == (None, Source.missing)


async def test_a_stream_that_said_nothing_used_nothing(by_letters: Estimating) -> None:
    for heard in (None, Said(), said()):
        assert await by_letters.of_stream(call(), CHAT, heard, None) == (None, Source.missing)
        assert await by_letters.of_stream(call(), CHAT, heard, Usage(100, 0)) == (None, Source.missing)


async def test_what_the_provider_told_stays_and_the_rest_is_estimated(by_letters: Estimating) -> None:
    usage, source = await by_letters.of_stream(call(), CHAT, said(LONG), Usage(77, 1, cache_read=5))
    assert source is Source.estimated and usage is not None
    assert (usage.input, usage.cache_read) == (77, 5)
    assert usage.output is not None and 100 <= usage.output <= 150
    told = Usage(77, 1000)
    assert await by_letters.of_stream(call(), CHAT, said(LONG), told) == (told, Source.partial)


async def test_what_is_broken_off_is_estimated_at_once_by_letters(by_letters: Estimating) -> None:
    assert of_broken_off(call(), CHAT, said(LONG), None) == await by_letters.of_stream(call(), CHAT, said(LONG), None)
    usage, source = of_broken_off(call("a" * 400_000), CHAT, said(LONG), None)
    assert source is Source.estimated and usage is not None
    assert (usage.input, of_broken_off(call(), CHAT, None, None)) == (None, (None, Source.partial))


async def test_the_tokenizer_counts_what_was_asked_and_said(counting: Estimating) -> None:
    answer = {**UNTOLD, "choices": [{"index": 0, "message": {"role": "assistant", "content": CHINESE}}]}
    usage, source = await counting.of_whole(call(ENGLISH), CHAT, json.dumps(answer).encode())
    assert (usage, source) == (Usage(4 + 24, 24), Source.estimated)
    pieces = [CHINESE[at : at + 2] for at in range(0, len(CHINESE), 2)]
    usage, source = await counting.of_stream(call(CHINESE), CHAT, said(*pieces), None)
    assert (usage, source) == (Usage(4 + 24, 24), Source.estimated)
    assert await counting.of_chat(CHAT.read_chat(call(ENGLISH))) == 4 + 24


async def test_of_what_is_very_long_the_beginning_is_counted(counting: Estimating) -> None:
    asked = call(ENGLISH * 20_000)
    heard = said(*[ENGLISH] * 2000)
    usage, _ = await counting.of_stream(asked, CHAT, heard, None)
    assert usage is not None
    assert usage.input == pytest.approx(24 * 20_000, rel=0.01)
    assert usage.output == pytest.approx(24 * 2000, rel=0.02)


async def test_no_tokenizer_runs_while_usage_is_told(hub: RunningHub, upstream: Upstream) -> None:
    assert (await hub.ask()).status_code == 200
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    stream = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    assert (await hub.ask(stream)).text.endswith("[DONE]\n\n")
    assert [one.usage_source for one in await hub.calls()] == [Source.reported] * 2
    assert tokenizers_of(os.getpid()) == []
    upstream.script = whole(UNTOLD)
    assert (await hub.ask()).status_code == 200
    assert len(tokenizers_of(os.getpid())) == 1


async def test_a_stream_that_is_cut_costs_what_the_tokenizer_counts(hub: RunningHub, upstream: Upstream) -> None:
    pieces = [CHINESE[at : at + 3] for at in range(0, len(CHINESE), 3)]
    upstream.script = streamed(events_of(chunks_of(pieces), done=False)[: len(pieces) + 1], ends=False)
    messages = [{"role": "user", "content": ENGLISH}]
    answer = await hub.ask({"model": "up/m", "messages": messages, "stream": True})
    assert "upstream_broken" in answer.text
    record = await hub.call()
    assert (record.status, record.usage_source) == (Status.failed, Source.estimated)
    assert (record.usage.input, record.usage.output) == (4 + 24, 24)


async def test_a_count_where_nobody_counts_is_the_tokenizer_s(hub: RunningHub) -> None:
    body = {"model": "up/m", "messages": [{"role": "user", "content": CHINESE}]}
    answer = await hub.ask(body, path="/v1/messages/count_tokens")
    assert answer.json() == {"input_tokens": 4 + 24}
    assert answer.headers["x-hub-dropped"] == "input_tokens=approximated"
