"""Log probabilities cross between the dialects that have them, in streams and in whole answers.

Sources: https://platform.openai.com/docs/api-reference/chat-streaming (`choices[].logprobs`),
https://platform.openai.com/docs/api-reference/responses-streaming/response/output_text/delta and
https://ai.google.dev/api/generate-content#LogprobsResult.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from google import genai
from google.genai import types
from openai.types.responses import ResponseTextDeltaEvent

from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Candidate, Ended, Finish, Started, Text, TextPiece
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.logprobs import read_tokens
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, chunk, events_of, streamed, whole


def token(text: str, logprob: float, *others: dict[str, Any]) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": list(others)}


HEL, LO = token("Hel", -0.25, token("Hel", -0.25), token("Hal", -1.5)), token("lo", -0.5, token("lo", -0.5))
SAID = [TextPiece("Hel", logprobs=(HEL,)), TextPiece("lo", logprobs=(LO,))]
DIALECTS: dict[str, Any] = {
    dialect.name: dialect for dialect in (OpenAIChat(is_hybrid=False), OpenAIResponses(), Gemini())
}
BODIES = {
    "openai_chat": {"model": "m", "messages": [{"role": "user", "content": "hi"}], "logprobs": True, "top_logprobs": 2},
    "openai_responses": {"model": "m", "input": "hi", "include": ["message.output_text.logprobs"], "top_logprobs": 2},
    "gemini": {
        "contents": [{"parts": [{"text": "hi"}]}],
        "generationConfig": {"responseLogprobs": True, "logprobs": 2},
    },
}
PAIRS = list(itertools.product(DIALECTS, DIALECTS))
LABEL = Label(7, 1760000000)


def call(dialect: str) -> Call:
    return Call(Kind.chat, "m", json.dumps(BODIES[dialect]).encode(), wants_usage=True)


def without_empty(tokens: tuple[dict[str, Any], ...]) -> list[tuple[str, float, list[tuple[str, float]]]]:
    """What every dialect says of tokens."""
    return [
        (one["token"], one["logprob"], [(top["token"], top["logprob"]) for top in one["top_logprobs"]])
        for one in tokens
    ]


@pytest.mark.parametrize(("called", "served"), PAIRS)
def test_a_stream_s_tokens_cross(called: str, served: str) -> None:
    provider = DIALECTS[called].open_writer(call(called), LABEL)
    events: list[Any] = [Started("a", "m"), *SAID, Ended(Finish.stop)]
    stream = provider.write(events) + provider.finish()
    reader, writer = DIALECTS[called].open_reader(), DIALECTS[served].open_writer(call(served), LABEL)
    shown = writer.write([*reader.feed(stream), *reader.finish()]) + writer.finish()
    again = DIALECTS[served].open_reader()
    pieces = [one for one in [*again.feed(shown), *again.finish()] if isinstance(one, TextPiece) and one.text]
    assert [piece.text for piece in pieces] == ["Hel", "lo"]
    assert [without_empty(piece.logprobs) for piece in pieces] == [without_empty((HEL,)), without_empty((LO,))]


@pytest.mark.parametrize(("called", "served"), PAIRS)
def test_a_whole_answer_s_tokens_cross(called: str, served: str) -> None:
    logprobs = {"content": [HEL, LO], "refusal": None}
    answer = Answer("a", "m", (Candidate((Text("Hello"),), Finish.stop, logprobs=logprobs),))
    written = DIALECTS[called].show_answer(answer, call(called), LABEL)
    shown = DIALECTS[served].show_answer(DIALECTS[called].read_answer(written), call(served), LABEL)
    found = DIALECTS[served].read_answer(shown).candidates[0].logprobs
    assert without_empty(tuple(found["content"])) == without_empty((HEL, LO))


@pytest.mark.parametrize("name", DIALECTS)
def test_a_token_that_is_part_of_a_character_is_not_lost(name: str) -> None:
    part = {"token": "\\xe2", "logprob": -1.0, "bytes": [226], "top_logprobs": []}
    writer, reader = DIALECTS[name].open_writer(call(name), LABEL), DIALECTS[name].open_reader()
    events: list[Any] = [Started("a", "m"), TextPiece("", logprobs=(part,)), TextPiece("€"), Ended(Finish.stop)]
    stream = writer.write(events) + writer.finish()
    pieces = [one for one in [*reader.feed(stream), *reader.finish()] if isinstance(one, TextPiece)]
    assert "".join([piece.text for piece in pieces]) == "€"
    assert [one["token"] for piece in pieces for one in piece.logprobs] == ["\\xe2"]


def test_what_is_no_list_of_tokens_is_none() -> None:
    assert read_tokens(None) == read_tokens({"content": 1}) == read_tokens([1, None]) == ()
    assert read_tokens([{"token": "é", "logprob": -1, "bytes": None, "top_logprobs": None}]) == (
        {"token": "é", "logprob": -1, "bytes": [195, 169], "top_logprobs": []},
    )


def stream_with_tokens() -> list[dict[str, Any]]:
    said = [("Hel", HEL, None), ("lo", LO, None), ("", None, "stop")]
    return [
        chunk(
            choices=[
                {
                    "index": 0,
                    "delta": {"content": text},
                    "finish_reason": end,
                    "logprobs": {"content": [one], "refusal": None} if one else None,
                }
            ]
        )
        for text, one, end in said
    ]


@pytest.fixture
async def google(hub: RunningHub) -> AsyncIterator[genai.client.AsyncClient]:
    options = types.HttpOptions(base_url=hub.url, retry_options=types.HttpRetryOptions(attempts=1))
    async with genai.Client(api_key=hub.member_key, http_options=options).aio as opened:
        yield opened


@pytest.mark.anyio
async def test_google_s_client_has_the_tokens_of_a_chat_provider(
    hub: RunningHub, upstream: Upstream, google: genai.client.AsyncClient
) -> None:
    config = types.GenerateContentConfig(response_logprobs=True, logprobs=2)
    choice = {**COMPLETION["choices"][0], "logprobs": {"content": [HEL, LO], "refusal": None}}  # type: ignore[index]
    upstream.script = whole({**COMPLETION, "choices": [choice]})
    answer = await google.models.generate_content(model="up/m", contents="hi", config=config)
    upstream.script = streamed(events_of(stream_with_tokens()))
    stream = await google.models.generate_content_stream(model="up/m", contents="hi", config=config)
    for results in ([answer], [one async for one in stream]):
        found = [
            (chosen.token, chosen.log_probability)
            for one in results
            for candidate in one.candidates or ()
            if candidate.logprobs_result is not None
            for chosen in candidate.logprobs_result.chosen_candidates or ()
        ]
        assert found == [("Hel", -0.25), ("lo", -0.5)]
    assert (upstream.asked[0].json["logprobs"], upstream.asked[0].json["top_logprobs"]) == (True, 2)


@pytest.mark.anyio
async def test_openai_s_client_streams_a_response_with_the_tokens_of_a_chat_provider(
    hub: RunningHub, upstream: Upstream
) -> None:
    upstream.script = streamed(events_of(stream_with_tokens()))
    async with openai.AsyncOpenAI(base_url=f"{hub.url}/v1", api_key=hub.member_key, max_retries=0) as client:
        stream = await client.responses.create(
            model="up/m", input="hi", stream=True, include=["message.output_text.logprobs"], top_logprobs=2
        )
        events = [one async for one in stream]
    deltas = [one for one in events if isinstance(one, ResponseTextDeltaEvent)]
    assert [[found.token for found in one.logprobs] for one in deltas] == [["Hel"], ["lo"]]
    end = events[-1]
    assert end.type == "response.completed"
    item = end.response.output[0]
    assert item.type == "message"
    assert item.content[0].type == "output_text"
    assert [one.logprob for one in item.content[0].logprobs or ()] == [-0.25, -0.5]
