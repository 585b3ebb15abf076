"""The fault matrix: what a provider may do, and what its caller gets. docs/faults.md is made of it (page.py)."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.upstream import COMPLETION, USAGE, Asked, Script, chunk, chunks_of, events_of, streamed, whole

ERROR = {"error": {"message": "no luck"}}
POLICY = {"error": {"message": "Content violates usage guidelines."}}
EVENTS = events_of(chunks_of(["Hel", "lo"]))  # the role, two pieces of text, the reason of the end, usage, [DONE]
BODY = json.dumps(COMPLETION).encode()
TEXT = "Hello"  # what both say
LONG = b"x" * 70_000

PASSING = ("refused", "broken", "overloaded")  # what may well be over in a moment
REFUSING, DEAF = "takes no connection", "never accepts"  # faults of an address, not of a script


@dataclass(frozen=True)
class Case:
    """One fault of a plain answer or of a stream, at the only target.

    `outcome` is the kind of failure on record, None when the caller has an answer; `status` what the caller is told.
    Of a stream that `has_begun` the caller has the beginning and an error event. `goes_on` is whether another target
    is tried. `is_counted` is whether the provider told what was used.
    """

    fault: Script | str
    outcome: str | None = None
    status: int = 200
    goes_on: bool = False
    has_begun: bool = False
    is_counted: bool = True

    @property
    def tries(self) -> int:
        """How often the only target is asked."""
        return 2 if self.goes_on and self.outcome in PASSING else 1


@dataclass(frozen=True)
class Fault:
    """What a provider does, in words, and the case of either form of answer."""

    words: str
    plain: Case | None
    streamed: Case | None


def fails(fault: Script | str, outcome: str, status: int = 502) -> Case:
    """Before the first byte, in a way that another target may do better."""
    return Case(fault, outcome, status, goes_on=True, is_counted=False)


def breaks(fault: Script, outcome: str) -> Case:
    """After the first byte: nobody else is asked."""
    return Case(fault, outcome, has_begun=True, is_counted=False)


def both(words: str, case: Case) -> Fault:
    return Fault(words, case, case)


def answers_with(status: int, outcome: str, told: int, *, goes_on: bool = True, **headers: str) -> Fault:
    """A status and an error that says nothing in particular."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    words = f"answers {status}" + "".join([f" with `{name}: {value}`" for name, value in extra.items()])
    case = fails(whole(ERROR, status, extra), outcome, told)
    return both(words, replace(case, goes_on=goes_on))


def head(kind: str, length: int | None = None, *extra: str) -> bytes:
    framing = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    lines = ["HTTP/1.1 200 OK", f"content-type: {kind}", framing, *extra]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def writes(*pieces: bytes, then: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None) -> Script:
    """Writes these bytes as they are, and does what comes `then`."""

    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then is not None:
            await then(writer)

    return script


async def silence(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


def endless(kind: str, piece: bytes, pause_s: float) -> Script:
    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head(kind))
        while not writer.is_closing():
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(pause_s)

    return script


def dripping(answer: bytes, pause_s: float, size: int) -> Script:
    """Writes an answer a few bytes at a time."""

    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        for at in range(0, len(answer), size):
            if writer.is_closing():
                raise ConnectionResetError("the hub hung up")
            writer.write(answer[at : at + size])
            await writer.drain()
            await asyncio.sleep(pause_s)

    return script


def chunked(*pieces: bytes) -> bytes:
    return b"".join([b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces])


def cut(count: int, then: Callable[[asyncio.StreamWriter], Awaitable[None]] = reset) -> Script:
    """A stream that ends by force after so many events."""
    return writes(head("text/event-stream"), chunked(*EVENTS[:count]) if count else b"", then=then)


def with_usage(usage: dict[str, Any] | None) -> tuple[Script, Script]:
    """Answers, whole and streamed, that tell this as what they used."""
    plain = {key: value for key, value in COMPLETION.items() if key != "usage"}
    chunks = chunks_of(["Hel", "lo"])[:-1]
    if usage is not None:
        plain, chunks = {**plain, "usage": usage}, [*chunks, chunk(choices=[], usage=usage)]
    return whole(plain), streamed(events_of(chunks))


_GZIPPED, _STREAM_GZIPPED = gzip.compress(BODY), gzip.compress(b"".join(EVENTS))
_NONE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_TWICE = [*EVENTS[:-1], EVENTS[-2], EVENTS[-1]]
_STREAM_ERROR = b'data: {"error":{"message":"overloaded"}}\n\n'
_UNCOUNTED, _ZERO = with_usage(None), with_usage(_NONE)
_SSE = "text/event-stream"

FAULTS: dict[str, Fault] = {
    "refuse": both("takes no connection", fails(REFUSING, "refused")),
    "hang before accept": both("never takes the connection", fails(DEAF, "timeout", 504)),
    "hang": both("takes the request and says nothing", fails(writes(then=silence), "timeout", 504)),
    "hang after headers": Fault(
        "sends its head and nothing more",
        fails(writes(head("application/json", 500), then=silence), "timeout", 504),
        fails(writes(head(_SSE), then=silence), "timeout", 504),
    ),
    "400": answers_with(400, "rejected", 400, goes_on=False),
    "401": answers_with(401, "credential", 502),
    "403 policy": both(
        "answers 403 for what the request says",
        Case(whole(POLICY, 403), "rejected", 403, is_counted=False),
    ),
    "403 key": answers_with(403, "credential", 502),
    "404": answers_with(404, "rejected", 404),
    "408": answers_with(408, "rejected", 408),
    "413": answers_with(413, "rejected", 413, goes_on=False),
    "429 with Retry-After": answers_with(429, "throttled", 429, retry_after="7"),
    "429": answers_with(429, "throttled", 429),
    "500": answers_with(500, "overloaded", 502),
    "502": both("answers 502 with a page", fails(whole(b"<html>", 502), "overloaded")),
    "503": answers_with(503, "overloaded", 503),
    "529": answers_with(529, "overloaded", 502),
    "not JSON": Fault(
        "answers 200 with what is no JSON, or no event stream",
        fails(whole(b"<html>oops</html>"), "malformed"),
        fails(whole(b"<html>oops</html>"), "broken"),
    ),
    "truncated JSON": Fault(
        "answers 200 with half of an answer, and calls it whole",
        fails(whole(BODY[:60]), "malformed"),
        fails(streamed([EVENTS[0][:40]]), "broken"),
    ),
    "wrong content type": Fault(
        "calls a good answer plain text",
        Case(writes(head("text/plain", len(BODY)), BODY)),
        Case(writes(head("text/plain"), chunked(*EVENTS), b"0\r\n\r\n")),
    ),
    "reset before the first byte": both("breaks the connection at once", fails(writes(then=reset), "broken")),
    "reset after the head": Fault(
        "breaks the connection after its head",
        fails(writes(head("application/json", 500), then=reset), "broken"),
        fails(cut(0), "broken"),
    ),
    "reset in the middle": Fault(
        "breaks the connection in the middle",
        fails(writes(head("application/json", len(BODY)), BODY[:60], then=reset), "broken"),
        breaks(cut(2), "broken"),
    ),
    **{
        f"reset after chunk {count}": Fault(
            f"breaks the connection after event {count} of 6", None, breaks(case, "broken")
        )
        for count, case in ((count, cut(count)) for count in (3, 4, 5))
    },
    "reset within a chunk": Fault(
        "breaks the connection within an event",
        fails(writes(head("application/json", len(BODY)), BODY[:-1], then=reset), "broken"),
        breaks(writes(head(_SSE), chunked(*EVENTS[:2], EVENTS[2][:20]), then=reset), "broken"),
    ),
    "hang up in the middle": Fault(
        "closes the connection in the middle",
        fails(writes(head("application/json", len(BODY)), BODY[:60], then=hang_up), "broken"),
        breaks(cut(2, hang_up), "broken"),
    ),
    "silent stall": Fault(
        "stops in the middle, the connection open",
        fails(writes(head("application/json", len(BODY)), BODY[:60], then=silence), "timeout", 504),
        breaks(cut(2, silence), "timeout"),
    ),
    "missing usage": Fault(
        "does not tell what was used",
        Case(_UNCOUNTED[0], is_counted=False),
        Case(_UNCOUNTED[1], is_counted=False),
    ),
    "zero usage": Fault("says that nothing was used", Case(_ZERO[0]), Case(_ZERO[1])),
    "usage twice": Fault(
        "tells twice what was used",
        Case(whole(BODY[:-1] + b', "usage": ' + json.dumps(USAGE).encode() + b"}")),
        Case(streamed(_TWICE)),
    ),
    "error as the first event": Fault(
        "begins its stream with an error", None, fails(streamed([_STREAM_ERROR]), "overloaded")
    ),
    "error in the stream": Fault(
        "sends an error in the middle of its stream", None, breaks(streamed([*EVENTS[:2], _STREAM_ERROR]), "overloaded")
    ),
    "bytes after the end": Fault(
        "goes on after the end",
        Case(writes(head("application/json", len(BODY)), BODY + b"HTTP/1.1 200 OK\r\n\r\nmore")),
        Case(writes(head(_SSE), chunked(*EVENTS, *EVENTS[:2]), b"0\r\n\r\n", b"more")),
    ),
    "gzip": Fault(
        "compresses its answer",
        Case(writes(head("application/json", len(_GZIPPED), "content-encoding: gzip"), _GZIPPED)),
        Case(writes(head(_SSE, None, "content-encoding: gzip"), chunked(_STREAM_GZIPPED), b"0\r\n\r\n")),
    ),
    "broken gzip": Fault(
        "compresses its answer, and breaks it",
        fails(writes(head("application/json", 60, "content-encoding: gzip"), _GZIPPED[:40] + b"\0" * 20), "broken"),
        fails(writes(head(_SSE, None, "content-encoding: gzip"), chunked(b"\0" * 60), b"0\r\n\r\n"), "broken"),
    ),
    "endless": Fault(
        "never comes to an end",
        Case(endless("application/json", LONG, 0), "oversized", 502, is_counted=False),
        breaks(endless(_SSE, EVENTS[1], 0.01), "timeout"),
    ),
    "slow drip": Fault(
        "sends a few bytes at a time, and ends in time",
        Case(dripping(head("application/json", len(BODY)) + BODY, 0.005, 8)),
        Case(dripping(head(_SSE) + chunked(*EVENTS) + b"0\r\n\r\n", 0.005, 24)),
    ),
    "too slow a drip": Fault(
        "sends a few bytes at a time, and would not end in time",
        fails(dripping(head("application/json", len(BODY)) + BODY, 0.2, 8), "timeout", 504),
        breaks(dripping(head(_SSE) + chunked(*EVENTS[:2]) + chunked(EVENTS[2]) * 500, 0.2, 300), "timeout"),
    ),
}
