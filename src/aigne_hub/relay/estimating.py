"""Usage that no provider told, or not all of it, lives here: it is estimated by what was asked and said."""

from __future__ import annotations

import asyncio

from msgspec import structs

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.counts import estimate
from aigne_hub.dialects.needs import ReadsChat
from aigne_hub.dialects.said import Said, estimate_said
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage.records import Source

_AT_ONCE = 64 << 10  # bytes of a request or an answer that are read without leaving the loop


async def of_whole(call: Call, dialect: ServedDialect, answer: bytes) -> tuple[Usage | None, Source]:
    """The usage of a whole answer that tells none."""
    if call.kind is not Kind.chat:
        return None, Source.missing
    size = len(answer)
    tokens = estimate_said(answer) if size <= _AT_ONCE else await asyncio.to_thread(estimate_said, answer)
    return Usage(await _input(call, dialect), tokens), Source.estimated


async def of_stream(
    call: Call, dialect: ServedDialect, said: Said | None, told: Usage | None
) -> tuple[Usage | None, Source]:
    """The usage of a stream that told none, or was cut: nothing at all when nothing was said."""
    tokens = _tokens(call, said)
    if told is not None and told.all_output >= tokens:
        return _as_told(told)
    return _filled(told, await _input(call, dialect), tokens) if tokens else (None, Source.missing)


def of_broken_off(
    call: Call, dialect: ServedDialect, said: Said | None, told: Usage | None
) -> tuple[Usage | None, Source]:
    """`of_stream`, where nothing can be waited for: the input of a large request stays unknown."""
    tokens = _tokens(call, said)
    if told is not None and told.all_output >= tokens:
        return _as_told(told)
    asked = _read_input(call, dialect) if tokens and len(call.body) <= _AT_ONCE else None
    return _filled(told, asked, tokens) if tokens else (None, Source.partial)


def _tokens(call: Call, said: Said | None) -> int:
    return 0 if said is None or call.kind is not Kind.chat else said.tokens


def _as_told(told: Usage) -> tuple[Usage | None, Source]:
    return (told, Source.partial) if told.has_output else (None, Source.missing)


def _filled(told: Usage | None, asked: int | None, said: int) -> tuple[Usage, Source]:
    told = told or Usage()
    output = said - (told.reasoning or 0) - (told.audio_output or 0)
    return structs.replace(told, input=asked if told.input is None else told.input, output=output), Source.estimated


async def _input(call: Call, dialect: ServedDialect) -> int | None:
    if len(call.body) <= _AT_ONCE:
        return _read_input(call, dialect)
    return await asyncio.to_thread(_read_input, call, dialect)


def _read_input(call: Call, dialect: ServedDialect) -> int | None:
    if not isinstance(dialect, ReadsChat):
        return None
    try:
        return estimate(dialect.read_chat(call))
    except BadRequest:
        return None  # of a dialect's own things the hub knows not all
