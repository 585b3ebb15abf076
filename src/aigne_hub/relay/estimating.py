"""Usage that no provider told, or not all of it, lives here: it is estimated by what was asked and said."""

from __future__ import annotations

import asyncio

from msgspec import structs

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.chat import Chat
from aigne_hub.dialects.counts import asked
from aigne_hub.dialects.needs import ReadsChat
from aigne_hub.dialects.said import Said, said_whole
from aigne_hub.dialects.usage import Usage
from aigne_hub.dialects.words import Words
from aigne_hub.tokenizer.keeper import Tokenizer
from aigne_hub.usage.records import Source

_AT_ONCE = 64 << 10  # bytes of a request or an answer that are read without leaving the loop


class Estimating:
    """Estimates tokens: by the tokenizer, or by letters where that tells nothing in time."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    async def of_chat(self, chat: Chat) -> int:
        """About how many tokens a chat takes in."""
        return await self._tokens(asked(chat))

    async def of_whole(self, call: Call, dialect: ServedDialect, answer: bytes) -> tuple[Usage | None, Source]:
        """The usage of a whole answer that tells none."""
        if call.kind is not Kind.chat:
            return None, Source.missing
        said = said_whole(answer) if len(answer) <= _AT_ONCE else await asyncio.to_thread(said_whole, answer)
        tokens = await self._tokens(said)
        return Usage(await self._input(call, dialect), tokens), Source.estimated

    async def of_stream(
        self, call: Call, dialect: ServedDialect, said: Said | None, told: Usage | None
    ) -> tuple[Usage | None, Source]:
        """The usage of a stream that told none, or was cut: nothing at all when nothing was said."""
        tokens = await self._tokens(_words(call, said))
        if told is not None and told.all_output >= tokens:
            return _as_told(told)
        return _filled(told, await self._input(call, dialect), tokens) if tokens else (None, Source.missing)

    async def _input(self, call: Call, dialect: ServedDialect) -> int | None:
        is_small = len(call.body) <= _AT_ONCE
        words = _asked(call, dialect) if is_small else await asyncio.to_thread(_asked, call, dialect)
        return None if words is None else await self._tokens(words)

    async def _tokens(self, words: Words) -> int:
        counted = await self._tokenizer.count(words.sample) if words.sample else None
        return words.by_letters if counted is None else words.by_sample(counted)


def of_broken_off(
    call: Call, dialect: ServedDialect, said: Said | None, told: Usage | None
) -> tuple[Usage | None, Source]:
    """`of_stream`, where nothing can be waited for: by letters, and the input of a large request stays unknown."""
    tokens = _words(call, said).by_letters
    if told is not None and told.all_output >= tokens:
        return _as_told(told)
    if not tokens:
        return None, Source.partial
    words = _asked(call, dialect) if len(call.body) <= _AT_ONCE else None
    return _filled(told, None if words is None else words.by_letters, tokens)


def _words(call: Call, said: Said | None) -> Words:
    return Words() if said is None or call.kind is not Kind.chat else said.words


def _asked(call: Call, dialect: ServedDialect) -> Words | None:
    if not isinstance(dialect, ReadsChat):
        return None
    try:
        return asked(dialect.read_chat(call))
    except BadRequest:
        return None  # of a dialect's own things the hub knows not all


def _as_told(told: Usage) -> tuple[Usage | None, Source]:
    return (told, Source.partial) if told.has_output else (None, Source.missing)


def _filled(told: Usage | None, asked: int | None, said: int) -> tuple[Usage, Source]:
    told = told or Usage()
    output = said - (told.reasoning or 0) - (told.audio_output or 0)
    return structs.replace(told, input=asked if told.input is None else told.input, output=output), Source.estimated
