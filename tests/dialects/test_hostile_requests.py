"""Whatever a caller asks is read, or refused as wrong; and what is read can be asked of every provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat, Media, MediaKind, Message, Role, Text
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.pairing import CHATS
from tests.dialects.damage import damaged_bytes, damaged_json, quick, values
from tests.dialects.features import FEATURES
from tests.dialects.fidelity_page import TRIED, native_body

DOORS: dict[str, Any] = {
    **{name: dialect for name, dialect in CHATS.items() if hasattr(dialect, "read_chat")},
    "gemini": Gemini("up/m"),
    "hybrid": OpenAIChat(is_hybrid=True),
    "native": Native(),
    "completions": OpenAICompletions(),
}
PROMPT = {"model": "up/m", "prompt": ["hi"], "max_tokens": 9, "stop": ["END"], "logprobs": 2, "suffix": "x", "n": 1}
MANY = settings(max_examples=300, suppress_health_check=list(HealthCheck))


def asked(door: str, feature: str) -> dict[str, Any] | None:
    """A request that is right, as a client of this door writes it; None when it has no word for the feature."""
    if door == "completions":
        return PROMPT
    if door == "native":
        return {"model": "up/m", **native_body(FEATURES[feature]("anthropic_messages"))}
    dialect = "openai_chat" if door == "hybrid" else door
    losses = Losses()
    chat = FEATURES[feature](dialect)
    body = CHATS[dialect].write_chat(chat, Call(Kind.chat, "up/m", b""), "up/m", losses, frozenset())
    return None if losses.lost() else {"model": "up/m", **json.loads(body)}


def requests(door: str, damaged: Callable[[Any], SearchStrategy[Any]]) -> SearchStrategy[Any]:
    return st.sampled_from(said(door)).flatmap(damaged)


@cache
def said(door: str) -> list[dict[str, Any]]:
    """All that can be said at this door."""
    return [body for feature in FEATURES if (body := asked(door, feature)) is not None]


def carry(door: str, body: bytes) -> None:
    """Read as the door reads it, and written for every provider."""
    with quick(), suppress(BadRequest):
        call = DOORS[door].read_request(body, accepts_stream=False)
        if hasattr(DOORS[door], "write_request"):
            json.loads(DOORS[door].write_request(call, "m"))
        chat = DOORS[door].read_chat(call)
        for name, dialect in CHATS.items():
            written = dialect.write_chat(chat, call, TRIED[name][1], Losses(), frozenset())
            assert isinstance(json.loads(written), dict)
            assert dialect.path(call, "m").isascii()


@pytest.mark.parametrize("door", DOORS)
def test_what_is_right_is_carried(door: str) -> None:
    for body in said(door):
        call = DOORS[door].read_request(json.dumps(body).encode(), accepts_stream=False)
        assert DOORS[door].read_chat(call).messages, body


@pytest.mark.parametrize("kind", [MediaKind.image, MediaKind.file, MediaKind.audio, MediaKind.video])
@pytest.mark.parametrize("provider", CHATS)
def test_a_system_message_of_media_alone_is_written_or_told_as_lost(provider: str, kind: MediaKind) -> None:
    mime = {MediaKind.file: "application/pdf", MediaKind.image: "image/png"}.get(kind, f"{kind}/mp4")
    system = Message(Role.system, (Media(kind, mime=mime, data="aGk="),))
    chat = Chat((system, Message(Role.user, (Text("hi"),))), max_output=9)
    losses = Losses()
    written = CHATS[provider].write_chat(chat, Call(Kind.chat, "m", b""), "m", losses, frozenset())
    assert losses.lost() or b"aGk=" in written


@pytest.mark.parametrize("door", DOORS)
@MANY
@given(data=st.data())
def test_a_damaged_request(door: str, data: DataObject) -> None:
    carry(door, json.dumps(data.draw(requests(door, damaged_json))).encode())


@pytest.mark.parametrize("door", DOORS)
@MANY
@given(data=st.data())
def test_a_request_of_damaged_bytes(door: str, data: DataObject) -> None:
    carry(door, data.draw(requests(door, lambda body: damaged_bytes(json.dumps(body).encode()))))


@pytest.mark.parametrize("door", DOORS)
@MANY
@given(value=values, body=st.binary(max_size=200))
def test_what_is_no_request_at_all(door: str, value: Any, body: bytes) -> None:
    carry(door, json.dumps(value).encode())
    carry(door, body)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_a_request_nested_without_end(door: str, depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    for body in (said(door)[0], said(door)[-1], max(said(door), key=lambda one: len(json.dumps(one)))):
        whole = json.dumps(body).encode()
        carry(door, whole.replace(b'"Paris"', deep).replace(b'"object"', deep))
        for name, value in body.items():
            nested = b"[" * depth + json.dumps(value).encode() + b"]" * depth
            carry(door, json.dumps({**body, name: "here"}).encode().replace(b'"here"', nested, 1))
