"""The client and a library client (httpx) are sent the same bytes, and must read the same or both fail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import httpx
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.outbound import Limits
from tests.outbound.hostile import Peer, client_of, drain, serve

LIMITS = Limits(connect_s=2, first_byte_s=2, idle_s=2, total_s=5)
EXCHANGES_PER_EXAMPLE = 4
TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
FRAMING = (b"content-length", b"transfer-encoding", b"connection", b"content-encoding", b"upgrade", b"keep-alive")

Result = tuple[int, list[tuple[bytes, bytes]], bytes] | None
"""Status, sorted header fields and body, or None for a failure."""


@dataclass(frozen=True)
class Answer:
    """What the provider sends; if `then_closes` it ends the connection after it."""

    data: bytes
    cuts: tuple[int, ...]
    then_closes: bool

    def pieces(self) -> list[bytes]:
        edges = [0, *self.cuts, len(self.data)]
        return [self.data[start:end] for start, end in pairwise(edges) if end > start]


names = st.text(TOKEN, min_size=1, max_size=12).map(str.encode).filter(lambda name: name.lower() not in FRAMING)
values = st.binary(max_size=20).map(lambda raw: bytes(byte for byte in raw if byte >= 0x20 and byte != 0x7F))
fields = st.lists(st.tuples(names, values), max_size=6)
statuses = st.one_of(st.sampled_from([200, 200, 204, 304, 307, 400, 401, 429, 500, 503]), st.integers(200, 599))
bodies = st.one_of(st.binary(max_size=60), st.integers(0, 5000).map(lambda size: b"0123456789abcdef" * (size // 16)))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    status, framing = draw(statuses), draw(st.sampled_from(["length", "chunked", "end", "old"]))
    body = b"" if status in (204, 304) else draw(bodies)
    lines = [name + b":" + draw(st.sampled_from([b"", b" ", b"  "])) + value for name, value in draw(fields)]
    closes = draw(st.booleans())
    if status in (204, 304):
        payload = b""
    elif framing == "chunked":
        lines.append(draw(st.sampled_from([b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED"])))
        payload = draw(chunking(body))
    elif framing == "length":
        lines.append(b"Content-Length: %d" % len(body))
        payload = body
    else:
        payload, closes = body, True
    if closes and draw(st.booleans()):
        lines.append(b"Connection: close")
    random.Random(len(body)).shuffle(lines)
    version = b"HTTP/1.0" if framing == "old" else b"HTTP/1.1"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" if draw(st.integers(0, 5)) == 0 else b""
    reason = draw(st.sampled_from([b"OK", b"", b"Not At All", b"\xe9t\xe9"]))
    data = early + b"%b %d %b\r\n" % (version, status, reason) + b"\r\n".join([*lines, b"", b""]) + payload
    return Answer(data, draw(cuts_in(data)), closes)


@st.composite
def chunking(draw: st.DrawFn, body: bytes) -> bytes:
    parts = []
    while body:
        size = draw(st.integers(1, min(len(body), draw(st.sampled_from([3, 50, 5000])))))
        extension = draw(st.sampled_from([b"", b"", b";a", b";a=b", b';a="q"']))
        length = draw(st.sampled_from([b"%x", b"%X", b"000%x"])) % size
        parts.append(length + extension + b"\r\n" + body[:size] + b"\r\n")
        body = body[size:]
    trailer = draw(st.sampled_from([b"", b"", b"X-Sum: 1\r\n", b"X-Sum: 1\r\nX-More: \r\n"]))
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


@st.composite
def cuts_in(draw: st.DrawFn, data: bytes) -> tuple[int, ...]:
    kind = draw(st.integers(0, 20))
    if kind == 0 and len(data) < 300:
        return tuple(range(1, len(data)))
    return tuple(sorted(draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=4))))


class Comparison:
    """One provider and both clients, on one loop, for all examples of this module."""

    def __init__(self) -> None:
        self.exchanges = 0
        self._answer = Answer(b"", (), True)
        self._loop = uvloop.new_event_loop()
        self._upstream_context = serve(self._script)
        self._client_context = client_of()
        self._upstream = self._loop.run_until_complete(self._upstream_context.__aenter__())
        self._client = self._loop.run_until_complete(self._client_context.__aenter__())
        self._library = httpx.AsyncClient(trust_env=False, timeout=2, headers={"accept-encoding": "identity"})

    def close(self) -> None:
        self._loop.run_until_complete(self._library.aclose())
        self._loop.run_until_complete(self._client_context.__aexit__(None, None, None))
        self._loop.run_until_complete(self._upstream_context.__aexit__(None, None, None))
        self._loop.close()

    def read_by_both(self, answer: Answer, *, streamed: bool) -> tuple[Result, Result]:
        self._answer = answer
        self.exchanges += 1
        return self._loop.run_until_complete(self._read_by_both(streamed))

    async def _read_by_both(self, streamed: bool) -> tuple[Result, Result]:
        self._upstream.requests.clear()
        return await self._ours(streamed), await self._theirs()

    async def _script(self, peer: Peer) -> None:
        while True:
            await peer.read_request()
            answer = self._answer
            await peer.write_split(*answer.pieces())
            if answer.then_closes:
                return

    async def _ours(self, streamed: bool) -> Result:
        try:
            exchange = await self._client.send(self._upstream.origin, b"POST", b"/", [], b"ask", LIMITS)
            try:
                body = await (drain(exchange) if streamed else exchange.read())
            finally:
                exchange.close()
        except UpstreamFailed:
            return None
        return exchange.status, comparable(exchange.headers), body

    async def _theirs(self) -> Result:
        try:
            response = await self._library.post(f"http://{self._upstream.origin}/", content=b"ask")
        except httpx.HTTPError:
            return None
        return response.status_code, comparable(response.headers.raw), response.content


def comparable(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Fields in one order; the library's parser lower-cases names, and the values of transfer codings too."""
    lower = [(name.lower(), value) for name, value in headers]
    return sorted((name, value.lower() if name == b"transfer-encoding" else value) for name, value in lower)


@pytest.fixture(scope="module")
def comparison() -> Iterator[Comparison]:
    made = Comparison()
    yield made
    made.close()


batches = st.lists(st.tuples(answers(), st.booleans()), min_size=1, max_size=EXCHANGES_PER_EXAMPLE)
often = settings(max_examples=900, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(batches)
def test_every_answer_is_read_the_same(comparison: Comparison, batch: list[tuple[Answer, bool]]) -> None:
    for answer, streamed in batch:
        ours, theirs = comparison.read_by_both(answer, streamed=streamed)
        assert ours == theirs
        assert ours is not None


@often
@given(answers(), st.data())
def test_an_answer_that_is_cut_is_read_the_same_or_fails_for_both(
    comparison: Comparison, answer: Answer, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(answer.data)))
    cuts = tuple(cut for cut in answer.cuts if cut < end)
    cut_short = Answer(answer.data[:end], cuts, then_closes=True)
    ours, theirs = comparison.read_by_both(cut_short, streamed=data.draw(st.booleans()))
    assert ours == theirs


@often
@given(answers(), st.data())
def test_an_answer_that_is_damaged_is_never_read_otherwise_than_the_library_reads_it(
    comparison: Comparison, answer: Answer, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, min(len(answer.data) - 1, 200)))
    damage = data.draw(st.sampled_from([b"", b"\r", b"\n", b"\r\n", b"\0", b" ", b":", b"0", b"9", b"\xff"]))
    damaged = Answer(answer.data[:at] + damage + answer.data[at + 1 :], answer.cuts, then_closes=True)
    ours, theirs = comparison.read_by_both(damaged, streamed=False)
    assert ours is None or theirs is None or ours == theirs


def test_thousands_of_exchanges_were_compared(comparison: Comparison) -> None:
    assert comparison.exchanges > 2500
