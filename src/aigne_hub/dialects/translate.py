"""Calls between two dialects live here: read by one, carried through the middle, written by the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast, runtime_checkable

from msgspec import structs

from aigne_hub.base.errors import HubError
from aigne_hub.dialects import structured
from aigne_hub.dialects.call import Call, Label, ServedDialect, Stream
from aigne_hub.dialects.chat import Answer, Chat, Event, Media, Part, Used
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.inlined import Inlined, InlineFile, Urls
from aigne_hub.dialects.media import sniffed
from aigne_hub.dialects.showing import Lacks, Showing
from aigne_hub.dialects.structured import HeldTo
from aigne_hub.dialects.usage import Usage

_MOST_FILES = 16


class Reader(Protocol):
    """Takes a provider's stream."""

    @property
    def error(self) -> HubError | None:
        """Set when the provider reported an error within the stream."""
        ...

    def feed(self, data: bytes) -> list[Event]:
        """Raises UpstreamFailed when the bytes are not of the provider's dialect."""
        ...

    def finish(self) -> list[Event]:
        """Raises UpstreamFailed when the stream ended before its end was said."""
        ...


class Writer(Protocol):
    """Writes a stream for a caller."""

    def write(self, events: list[Event]) -> bytes: ...

    def finish(self) -> bytes:
        """What ends the stream."""
        ...


@runtime_checkable
class FilingWriter(Writer, Protocol):
    """A writer that keeps the files of a stream to its end."""

    files: list[Media]


class ServedChat(ServedDialect, Protocol):
    """A chat dialect at the caller's side; what it `lacks` it cannot show of an answer as it was."""

    lacks: Lacks

    def read_chat(self, call: Call) -> Chat:
        """Raises BadRequest that names the place where the body is wrong."""
        ...

    def show_answer(self, answer: Answer, call: Call, label: Label) -> bytes: ...

    def open_writer(self, call: Call, label: Label) -> Writer: ...


class CalledChat(Protocol):
    """A chat dialect at the provider's side."""

    name: str

    def path(self, call: Call, model: str) -> bytes:
        """Where a provider takes such calls, below its base address."""
        ...

    def write_chat(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        """The request for a provider with these quirks; what it cannot carry goes to `losses`."""
        ...

    def read_answer(self, body: bytes) -> Answer:
        """Raises UpstreamFailed when the body is not an answer of this dialect."""
        ...

    def open_reader(self) -> Reader: ...


class Translation:
    """One call on its way from a caller of one dialect to a provider of another.

    `losses` are those of the request once it is written, and those of its answer as far as that has come.
    """

    is_json = True

    def __init__(self, served: ServedChat, called: CalledChat, quirks: frozenset[str]) -> None:
        self._served = served
        self._called = called
        self._quirks = quirks
        self._answer: Answer | None = None
        self._held: HeldTo | None = None
        self.losses = Losses()

    def path(self, call: Call, model: str) -> bytes:
        return self._called.path(call, model)

    def write_request(self, call: Call, model: str) -> bytes:
        chat = call.chat or self._served.read_chat(call)
        written = self._called.write_chat(chat, call, model, self.losses, self._quirks)
        if chat.format is not None and structured.FIELD in self.losses:
            self._held = HeldTo(chat.format)
        return written

    def read_usage(self, answer: bytes) -> Usage | None:
        self._answer = self._called.read_answer(answer)
        return self._answer.usage

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        read = self._called.read_answer(answer) if self._answer is None else self._answer
        self._showing().answer(read)
        return self._served.show_answer(read if self._held is None else self._held.answer(read), call, label)

    def unpack(self, answer: bytes, call: Call) -> Inlined | None:
        """The files of the first candidate, which is the one that is shown."""
        read = self._called.read_answer(answer) if self._answer is None else self._answer
        if not read.candidates:
            return None
        first, *others = read.candidates

        def with_urls(parts: list[Part]) -> None:
            shown = structs.replace(first, parts=tuple(parts))
            self._answer = structs.replace(read, candidates=(shown, *others))

        return _inlined(list(first.parts), with_urls, answer)

    def open_stream(self, call: Call, label: Label) -> Stream:
        return _TranslatedStream(
            self._called.open_reader(), self._served.open_writer(call, label), self._held, self._showing()
        )

    def _showing(self) -> Showing:
        lacks = self._served.lacks if self._held is None else {**self._served.lacks, **structured.LACKS}
        return Showing(lacks, self.losses)


class _TranslatedStream:
    def __init__(self, reader: Reader, writer: Writer, held: HeldTo | None, showing: Showing) -> None:
        self._reader = reader
        self._writer = writer
        self._held = held
        self._showing = showing
        self._tail: bytes | None = None
        self.usage: Usage | None = None

    @property
    def error(self) -> HubError | None:
        return self._reader.error

    def feed(self, data: bytes) -> bytes:
        return self._written(self._reader.feed(data))

    def unpack(self) -> Inlined | None:
        writer = self._writer
        if not isinstance(writer, FilingWriter):
            return None
        self._tail = self._written(self._reader.finish())

        def with_urls(parts: list[Part]) -> None:
            writer.files = [part for part in parts if isinstance(part, Media)]

        return _inlined(list(writer.files), with_urls, b"")

    def finish(self) -> bytes:
        tail = self._written(self._reader.finish()) if self._tail is None else self._tail
        if self._held is not None and self._held.error is not None:
            raise self._held.error
        return tail + self._writer.finish()

    def _written(self, events: list[Event]) -> bytes:
        for event in events:
            if isinstance(event, Used):
                self.usage = event.usage
        self._showing.events(events)
        if self._held is not None:
            events = self._held.events(events)
        return self._writer.write(events) if events else b""


def _inlined(parts: list[Part], put: Callable[[list[Part]], None], answer: bytes) -> Inlined | None:
    """The files among parts; with their addresses known, `put` gets the parts anew."""
    places = [i for i, part in enumerate(parts) if isinstance(part, Media) and part.data is not None][:_MOST_FILES]
    files = tuple([_file(cast(Media, parts[i]), number) for number, i in enumerate(places)])

    def with_urls(urls: Urls) -> bytes:
        for i, url in zip(places, urls, strict=True):
            if url is not None:
                parts[i] = structs.replace(cast(Media, parts[i]), data=None, url=url)
        put(parts)
        return answer

    return Inlined(files, with_urls, "outputFileType") if files else None


def _file(file: Media, number: int) -> InlineFile:
    assert file.data is not None
    mime = file.mime or sniffed(file.data) or "application/octet-stream"
    return InlineFile(file.data, mime, file.name or str(number))
