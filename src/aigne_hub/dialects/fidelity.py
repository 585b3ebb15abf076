"""What a translation loses lives here: collected while a request is written, told to the caller and the record."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[^A-Za-z0-9_.\-]")
_MOST = 50


class Losses:
    """The features of a request that its translation could not carry as they were.

    A feature is named once, by its field in the caller's request where it has one, and is either `dropped`,
    `approximated` (something near it was sent) or `invented` (the provider needs it and the caller did not say).
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def dropped(self, feature: str) -> None:
        self._note(feature, "dropped")

    def approximated(self, feature: str) -> None:
        self._note(feature, "approximated")

    def invented(self, feature: str) -> None:
        self._note(feature, "invented")

    def __bool__(self) -> bool:
        return bool(self._found)

    def __contains__(self, feature: str) -> bool:
        return feature in self._found

    def items(self) -> dict[str, str]:
        """How each feature fared, by its name."""
        return dict(self._found)

    def header(self) -> str:
        """The value of `x-hub-dropped`: `top_k, reasoning=approximated, max_tokens=invented`."""
        return ", ".join(name if how == "dropped" else f"{name}={how}" for name, how in self._found.items())

    def lost(self) -> list[str]:
        """What a strict caller does not accept: all but what was invented, which takes nothing away."""
        return [name for name, how in self._found.items() if how != "invented"]

    def _note(self, feature: str, how: str) -> None:
        feature = _PLAIN.sub("_", feature)[:60]
        if len(self._found) < _MOST:
            self._found.setdefault(feature, how)
