"""Reading a JSON object field by field lives here: the right type, or a refusal that names the place.

A field that is null counts as not there. What nobody asked for is left over, and its name can be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aigne_hub.base.errors import BadRequest

T = TypeVar("T")


class Fields:
    """One object of a request. `place` is where it stands: `messages[2].content[0]`, or "" at the top."""

    __slots__ = ("_left", "place")

    def __init__(self, value: Any, place: str = "") -> None:
        if type(value) is not dict:
            raise wrong(place, "an object is expected here")
        self._left: dict[str, Any] = dict(value)
        self.place = place

    def at(self, name: str) -> str:
        """The place of a member."""
        return f"{self.place}.{name}" if self.place else name

    def text(self, name: str) -> str | None:
        value = self._left.pop(name, None)
        if value is None or type(value) is str:
            return value
        raise wrong(self.at(name), "a string is expected here")

    def number(self, name: str, least: float | None = None, most: float | None = None) -> float | None:
        value = self._left.pop(name, None)
        if value is None:
            return None
        if type(value) is not float and type(value) is not int:
            raise wrong(self.at(name), "a number is expected here")
        if (least is not None and value < least) or (most is not None and value > most):
            raise wrong(self.at(name), f"a number from {least:g} to {most:g} is expected here")
        return value

    def whole(self, name: str, least: int | None = None, most: int | None = None) -> int | None:
        value = self._left.pop(name, None)
        if value is None:
            return None
        if type(value) is not int:
            raise wrong(self.at(name), "a whole number is expected here")
        if (least is not None and value < least) or (most is not None and value > most):
            raise wrong(
                self.at(name), f"a whole number from {least} to {'any' if most is None else most} is expected here"
            )
        return value

    def flag(self, name: str) -> bool | None:
        value = self._left.pop(name, None)
        if value is None or type(value) is bool:
            return value
        raise wrong(self.at(name), "true or false is expected here")

    def object(self, name: str) -> dict[str, Any] | None:
        value = self._left.pop(name, None)
        if value is None or type(value) is dict:
            return value
        raise wrong(self.at(name), "an object is expected here")

    def fields(self, name: str) -> Fields | None:
        value = self._left.pop(name, None)
        return None if value is None else Fields(value, self.at(name))

    def list(self, name: str) -> list[Any] | None:
        value = self._left.pop(name, None)
        if value is None or type(value) is list:
            return value
        raise wrong(self.at(name), "a list is expected here")

    def each(self, name: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
        """The objects of a list, read one by one; empty when there is no such list."""
        place = self.at(name)
        return tuple([read(Fields(value, f"{place}[{i}]")) for i, value in enumerate(self.list(name) or ())])

    def any(self, name: str) -> Any:
        return self._left.pop(name, None)

    def one_of(self, name: str, choices: frozenset[str]) -> str | None:
        value = self.text(name)
        if value is None or value in choices:
            return value
        raise wrong(self.at(name), f"one of {', '.join(sorted(choices))} is expected here")

    def need_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise wrong(self.at(name), "this is missing")
        return value

    def need_fields(self, name: str) -> Fields:
        value = self.fields(name)
        if value is None:
            raise wrong(self.at(name), "this is missing")
        return value

    def drop(self, *names: str) -> None:
        """Take fields that need no place, because they mean nothing beyond their own dialect."""
        for name in names:
            self._left.pop(name, None)

    def rest(self) -> tuple[str, ...]:
        """The names of what nobody asked for."""
        return tuple([name for name, value in self._left.items() if value is not None])


def wrong(place: str, problem: str) -> BadRequest:
    """The refusal of a request for what stands at `place`."""
    if not place:
        return BadRequest(f"Validation error: {problem}")
    return BadRequest(f"Validation error: {place}: {problem}", param=place)
