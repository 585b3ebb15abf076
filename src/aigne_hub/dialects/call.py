"""The shape in the middle lives here: what every dialect reads a request into and an answer out of."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, structs

from aigne_hub.base.errors import HubError
from aigne_hub.base.money import shown_credits
from aigne_hub.dialects.chat import Chat
from aigne_hub.dialects.usage import Usage
from aigne_hub.dialects.videos import Wish


class Kind(StrEnum):
    """What a call asks for; also the type of its record (contract 4)."""

    chat = "chatCompletion"
    embedding = "embedding"
    image = "imageGeneration"
    audio = "audioGeneration"
    video = "video"
    rerank = "rerank"
    moderation = "moderation"
    token_count = "tokenCount"  # of no model: any chat's tokens can be counted


# One of each is made for every call: a frozen Struct is made in a sixth of a frozen dataclass's time.


class Call(Struct, frozen=True):
    """One request of a caller: a view of what the hub decides by, beside the body as it came."""

    kind: Kind
    model: str
    body: bytes
    is_stream: bool = False
    wants_usage: bool = False  # whether the caller asked for a usage event in its stream
    is_native: bool = False  # whether the caller spoke the reference's native format
    body_token: str | None = None  # an access key found in the body
    content_type: bytes | None = None  # of the body, when it is not JSON
    chat: Chat | None = None  # the body read whole, where that is needed in any case, with fetched pictures in it
    video: Wish | None = None  # likewise
    wants_url: bool = False  # whether what is made should be kept by the hub, for the caller to fetch
    wants_bytes: bool = False  # whether what is made should be in the answer itself

    def __repr__(self) -> str:
        return f"Call({self.kind}, {self.model!r}, {len(self.body)} bytes, is_stream={self.is_stream})"


class Stream(Protocol):
    """An answer on its way: takes what the provider sends, gives what the caller gets."""

    @property
    def usage(self) -> Usage | None: ...

    @property
    def error(self) -> HubError | None:
        """Set when the provider reported an error within the stream."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the provider; returns whole events for the caller, maybe none.

        The event that ends the stream is kept back for `finish`. Raises UpstreamFailed when the bytes
        are not of the provider's dialect.
        """
        ...

    def finish(self) -> bytes:
        """The provider's answer has ended: the last bytes for the caller.

        Raises UpstreamFailed when it ended before its end was said.
        """
        ...


class Label(Struct, frozen=True):
    """What the hub's own marks in an answer are made of.

    The call's id, when it began (Unix seconds), the model that answers, as `provider/model`, and where calls are
    priced what a use costs, in nano-credits, with the sign that credits are shown with.
    """

    id: int
    created_s: int
    target: str = ""
    price: Callable[[Usage], int] | None = None
    credit_prefix: str = ""

    def settled(self, usage: Usage | None) -> Label:
        """The label of an answer whose usage is known: its cost, whatever the answer itself still tells of that."""
        if self.price is None:
            return self
        credits = 0 if usage is None else self.price(usage)
        return structs.replace(self, price=lambda _: credits)

    def marks(self, usage: Usage) -> dict[str, str | float]:
        """What the reference's formats add to a usage (contract 2.4): no prefix at all rather than an empty one."""
        marks: dict[str, str | float] = {"modelCallId": str(self.id)}
        if self.price is not None:
            marks["aigneHubCredits"] = shown_credits(self.price(usage))
            if self.credit_prefix:
                marks["creditPrefix"] = self.credit_prefix
        return marks


class Dialect(Protocol):
    """How one call is carried: a wire format with itself on both sides, or a pair (translate.py).

    Unless an answer `is_json` for sure, the caller is told the type that the provider said.
    """

    is_json: bool

    def path(self, call: Call, model: str) -> bytes:
        """Where a provider takes such calls, below its base address."""
        ...

    def write_request(self, call: Call, model: str) -> bytes:
        """The body for the provider, derived from the call's, which stays as it is."""
        ...

    def read_usage(self, answer: bytes) -> Usage | None:
        """Raises UpstreamFailed when the answer is not of this dialect."""
        ...

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        """What the caller gets of a whole answer; its label is settled."""
        ...

    def open_stream(self, call: Call, label: Label) -> Stream: ...


class ServedDialect(Protocol):
    """A wire format as a door serves it.

    `passed_headers` are the request headers that belong to it: a provider that speaks it gets the caller's.
    `keep_alive` is what a silent stream may hold without its clients seeing anything in it, if there is such a thing.
    """

    name: str
    passed_headers: tuple[bytes, ...]
    keep_alive: bytes | None

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        """Raises BadRequest, naming the field, when the body is not a request of this dialect."""
        ...

    def write_error(self, error: HubError) -> bytes:
        """The body of an answer that tells of an error."""
        ...

    def write_error_event(self, error: HubError) -> bytes:
        """The event that tells of an error within a stream, and ends it."""
        ...
