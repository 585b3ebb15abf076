"""Server-sent events: whole events come out, however the stream was cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects import sse

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
EVENTS = st.lists(st.lists(LINES.map(lambda line: f"data: {line}"), min_size=1, max_size=3), max_size=6)


def stream_of(events: list[list[str]], newline: str) -> bytes:
    return "".join(newline.join(lines) + newline * 2 for lines in events).encode()


def pieces_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    at = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(at)]


@given(EVENTS, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 1000), max_size=30))
def test_any_cut_gives_the_same_events(events: list[list[str]], newline: str, cuts: list[int]) -> None:
    splitter = sse.EventSplitter()
    found: list[bytes] = []
    for piece in pieces_of(stream_of(events, newline), cuts):
        whole = splitter.feed(piece)
        assert whole == b"" or whole.endswith(b"\n\n")
        found += sse.split_events(whole)
    assert found == [("\n".join(lines) + "\n\n").encode() for lines in events]
    assert splitter.rest() == b""


@given(EVENTS)
def test_every_byte_alone_gives_the_same_events(events: list[list[str]]) -> None:
    splitter = sse.EventSplitter()
    stream = stream_of(events, "\r\n")
    found = [one for at in range(len(stream)) for one in sse.split_events(splitter.feed(stream[at : at + 1]))]
    assert found == [("\n".join(lines) + "\n\n").encode() for lines in events]


def test_a_whole_piece_passes_without_a_copy() -> None:
    piece = b"data: 1\n\ndata: 2\n\n"
    assert sse.EventSplitter().feed(piece) is piece


def test_the_beginning_of_an_event_is_kept_until_it_is_whole() -> None:
    splitter = sse.EventSplitter()
    assert splitter.feed(b"data: 1\n\ndata: 2\n") == b"data: 1\n\n"
    assert splitter.rest() == b"data: 2\n"
    assert splitter.feed(b"\n") == b"data: 2\n\n"


def test_a_byte_order_mark_is_dropped() -> None:
    stream = b"\xef\xbb\xbfdata: 1\n\n"
    assert sse.EventSplitter().feed(stream) == b"data: 1\n\n"
    splitter = sse.EventSplitter()
    assert b"".join([splitter.feed(stream[at : at + 1]) for at in range(len(stream))]) == b"data: 1\n\n"
    assert sse.EventSplitter().feed(b"") == b""


def test_a_return_alone_ends_a_line_and_with_it_the_last_event() -> None:
    assert sse.EventSplitter().feed(b"data: 1\r\rdata: 2\r\r") == b"data: 1\n\ndata: 2\n\n"
    splitter = sse.EventSplitter()
    pieces = [b"data: 1\r", b"", b"\n", b"\n", b"data: 2\r", b"\n\r", b"\ndata: 3"]
    assert [splitter.feed(piece) for piece in pieces] == [b"", b"", b"", b"data: 1\n\n", b"", b"data: 2\n\n", b""]
    assert splitter.rest() == b"data: 3"


def test_an_endless_event_is_refused() -> None:
    splitter = sse.EventSplitter()
    with pytest.raises(UpstreamFailed, match="larger than the hub takes"):
        for _ in range(40):
            splitter.feed(b"data: " + b"x" * (1 << 20))


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: a\n\n", b"a"),
        (b"data:a\n\n", b"a"),
        (b"data:  a\n\n", b" a"),
        (b"data: a\ndata: b\n\n", b"a\nb"),
        (b"event: error\ndata: a\nid: 7\n\n", b"a"),
        (b": keep-alive\n\n", None),
        (b"retry: 100\n\n", None),
        (b"data\n\n", None),
    ],
)
def test_the_data_of_an_event(event: bytes, data: bytes | None) -> None:
    assert sse.data_of(event) == data


@given(LINES.map(str.encode))
def test_what_is_written_is_read_again(data: bytes) -> None:
    assert sse.data_of(sse.event(data)) == data


def test_the_data_of_many_events_in_turn() -> None:
    whole = b": hi\n\nevent: a\ndata: 1\n\ndata: 2\ndata: 3\n\nretry: 5\n\n"
    assert sse.datas_of(whole) == [b"1", b"2\n3"]
    assert sse.datas_of(b"") == []


def test_an_event_with_a_name_is_read_back() -> None:
    assert sse.named_event(b"stop", b"{}") == b"event: stop\ndata: {}\n\n"
    assert sse.datas_of(sse.named_event(b"stop", b"{}")) == [b"{}"]
