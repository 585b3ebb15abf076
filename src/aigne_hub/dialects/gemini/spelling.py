"""How Google's fields are spelled lives here: in camelCase or snake_case, and a list of one without its brackets.

Sources: https://protobuf.dev/programming-guides/json (both spellings of a name are read) and the requests of
https://ai.google.dev/api/generate-content, where a list of one often stands as the object alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aigne_hub.dialects.fields import Fields, wrong

T = TypeVar("T")


class GoogleFields(Fields):
    """One object of a request, its members by their camelCase names however they were spelled."""

    __slots__ = ()

    def __init__(self, value: Any, place: str = "") -> None:
        super().__init__(
            {camel(name): member for name, member in value.items()} if type(value) is dict else value, place
        )

    def fields(self, name: str) -> GoogleFields | None:
        value = self.any(name)
        return None if value is None else GoogleFields(value, self.at(name))

    def list(self, name: str) -> list[Any] | None:
        value = self.any(name)
        if value is None or type(value) is list:
            return value
        if type(value) is dict:
            return [value]
        raise wrong(self.at(name), "a list is expected here")

    def each(self, name: str, read: Callable[[GoogleFields], T]) -> tuple[T, ...]:
        place = self.at(name)
        return tuple([read(GoogleFields(value, f"{place}[{i}]")) for i, value in enumerate(self.list(name) or ())])

    def count(self, name: str, least: int | None = None, most: int | None = None) -> int | None:
        """A whole number, also as 40.0: Google's own client sends some of them so."""
        value = self.number(name, least, most)
        if value is not None and value != int(value):
            raise wrong(self.at(name), "a whole number is expected here")
        return None if value is None else int(value)


def camel(name: str) -> str:
    """`top_k` as `topK`; a name that has no underscore stays."""
    if "_" not in name:
        return name
    first, *rest = name.split("_")
    return first + "".join([word[:1].upper() + word[1:] for word in rest])
