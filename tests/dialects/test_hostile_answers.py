"""Whatever a provider answers is an answer or the provider's failure; and an answer can be shown to every caller."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Answer, Chat, Ended, Event
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.pairing import CHATS
from tests.dialects.damage import damaged_bytes, damaged_json, quick, values
from tests.oracles.goldens import EVENTS, Golden, goldens

ANSWERS = [one for one in goldens() if one.is_answer and not one.is_stream]
STREAMS = [one for one in goldens() if one.is_answer and one.is_stream]
NAMED = "{0.dialect}-{0.case}".format
SERVED: tuple[Any, ...] = (
    *[dialect for dialect in CHATS.values() if hasattr(dialect, "show_answer")], Native(), OpenAICompletions(),
)  # fmt: skip
ASKED = Call(Kind.chat, "up/m", b'{"model":"up/m","input":"hi"}', wants_usage=True, chat=Chat(()))
LABEL = Label(7, 1760000000, "up/m")
FEW = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def show(answer: Answer) -> None:
    for dialect in SERVED:
        assert isinstance(json.loads(dialect.show_answer(answer, ASKED, LABEL)), dict)


def read(dialect: str, body: bytes) -> None:
    with quick(), suppress(UpstreamFailed):
        show(CHATS[dialect].read_answer(body))


def events_of(dialect: str, pieces: list[bytes]) -> list[Event]:
    """What a reader makes of a stream in these pieces. Raises UpstreamFailed, or the error that the stream tells."""
    reader = CHATS[dialect].open_reader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    events += reader.finish()
    if reader.error is not None:
        raise reader.error
    return events


def stream(dialect: str, body: bytes, cut: int) -> None:
    with quick(), suppress(UpstreamFailed):
        events = events_of(dialect, [body[:cut], body[cut:]])
        for served in SERVED:
            writer = served.open_writer(ASKED, LABEL)
            assert isinstance(writer.write(events) + writer.finish(), bytes)


@pytest.mark.parametrize("one", ANSWERS, ids=NAMED)
@FEW
@given(data=st.data())
def test_a_damaged_answer(one: Golden, data: DataObject) -> None:
    read(one.dialect, json.dumps(data.draw(damaged_json(json.loads(one.body)))).encode())


@pytest.mark.parametrize("one", ANSWERS, ids=NAMED)
@FEW
@given(data=st.data())
def test_an_answer_of_damaged_bytes(one: Golden, data: DataObject) -> None:
    read(one.dialect, data.draw(damaged_bytes(one.body)))


@pytest.mark.parametrize("dialect", CHATS)
@FEW
@given(value=values, body=st.binary(max_size=200))
def test_what_is_no_answer_at_all(dialect: str, value: Any, body: bytes) -> None:
    read(dialect, json.dumps(value).encode())
    read(dialect, body)


@pytest.mark.parametrize("dialect", CHATS)
@pytest.mark.parametrize("depth", [900, 100_000])
def test_an_answer_nested_without_end(dialect: str, depth: int) -> None:
    for name in ("x", "content", "choices", "output", "candidates", "error"):
        body = b'{"%b":%b%b}' % (name.encode(), b"[" * depth, b"]" * depth)
        read(dialect, body)
        stream(dialect, b"data: %b\n\n" % body, 9)


@pytest.mark.parametrize("one", STREAMS, ids=NAMED)
@FEW
@given(data=st.data())
def test_a_stream_of_damaged_bytes(one: Golden, data: DataObject) -> None:
    stream(one.dialect, data.draw(damaged_bytes(one.body)), data.draw(st.integers(0, len(one.body))))


@pytest.mark.parametrize("one", [one for one in STREAMS if one.content_type == EVENTS], ids=NAMED)
@FEW
@given(data=st.data())
def test_a_stream_with_a_damaged_event(one: Golden, data: DataObject) -> None:
    lines = one.body.split(b"\n")
    at = data.draw(st.sampled_from([i for i, line in enumerate(lines) if line.startswith(b"data: {")]))
    damaged = data.draw(damaged_json(json.loads(lines[at][6:])))
    lines[at] = b"data: " + json.dumps(damaged).encode()
    stream(one.dialect, b"\n".join(lines), data.draw(st.integers(0, len(one.body))))


def variants(one: Golden) -> list[bytes]:
    """The stream as it is, and with the other ends of lines, a mark and comments that its framing allows."""
    if one.content_type != EVENTS:
        return [one.body]
    noted = b"\xef\xbb\xbf" + one.body.replace(b"\n\n", b"\n\n: still here\n\n")
    return [one.body, one.body.replace(b"\n", b"\r\n"), one.body.replace(b"\n", b"\r"), noted]


@pytest.mark.parametrize("one", STREAMS, ids=NAMED)
def test_a_stream_means_the_same_wherever_it_is_cut(one: Golden) -> None:
    whole = events_of(one.dialect, [one.body])
    for body in variants(one):
        assert events_of(one.dialect, [body]) == whole
        assert events_of(one.dialect, [body[i : i + 1] for i in range(len(body))]) == whole
    for cut in range(0, len(one.body), max(1, len(one.body) // 700)):
        assert events_of(one.dialect, [one.body[:cut], one.body[cut:]]) == whole


@pytest.mark.parametrize("one", STREAMS, ids=NAMED)
def test_a_stream_that_breaks_off_is_never_taken_for_whole(one: Golden) -> None:
    for cut in range(0, len(one.body) - 1, max(1, len(one.body) // 700)):
        try:
            events = events_of(one.dialect, [one.body[:cut]])
        except UpstreamFailed:
            continue
        assert any(isinstance(event, Ended) for event in events), one.body[:cut][-80:]
