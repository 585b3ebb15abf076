"""What the relay needs of the caller's side lives here; a door implements it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Reply(Protocol):
    """The answer on its way to the caller. Nothing here fails because the caller has gone."""

    @property
    def has_started(self) -> bool: ...

    @property
    def is_gone(self) -> bool:
        """Whether the caller hung up."""
        ...

    def tell(self, name: bytes, value: str) -> None:
        """A header of whatever is answered, in the place of one told before; only before the answer begins."""
        ...

    async def whole(self, body: bytes, content_type: bytes | None = None) -> None:
        """Answer 200 with a body of this type, JSON without one."""
        ...

    def watch(self) -> None:
        """Look out for the caller's hang-up from now on, though nothing has been answered yet."""
        ...

    def when_gone(self, act: Callable[[], None]) -> None:
        """Look out for the caller's hang-up, and have `act` called when it comes, or came already."""
        ...

    async def begin_whole(self) -> None:
        """Answer 200 with JSON that is not known yet: `send` may give spaces, and `finish` gives the body."""
        ...

    async def begin(self) -> None:
        """Answer 200 with an event stream that `send` and `finish` fill."""
        ...

    @property
    def sent(self) -> int:
        """How often `send` has been called."""
        ...

    def send_soon(self, events: bytes) -> None:
        """`send`, unless the answer is over by then, from where nothing can be waited for."""
        ...

    def begin_soon(self) -> None:
        """`begin`, unless somebody else does meanwhile, from where nothing can be waited for."""
        ...

    async def send(self, events: bytes) -> None: ...

    async def finish(self, events: bytes) -> None: ...
