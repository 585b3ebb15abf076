"""What an answer used lives here: one vector that every dialect maps into and out of."""

from __future__ import annotations

from msgspec import Struct


class Usage(Struct, frozen=True):
    """What an answer consumed, in disjoint buckets; None is "the provider did not say", not zero.

    Tokens, but for `images` (pictures made), `seconds` (of sound or film) and `tool_calls` (of tools that the
    provider runs and bills). `input` is fresh input, without what was read from or written to the provider's
    cache; `output` is without `reasoning` and without sound.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    reasoning: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    images: int | None = None
    seconds: float | None = None
    tool_calls: int | None = None
    tier: str | None = None

    @property
    def all_input(self) -> int:
        """All tokens that went in."""
        return (
            (self.input or 0)
            + (self.cache_read or 0)
            + (self.cache_write_5m or 0)
            + (self.cache_write_1h or 0)
            + (self.audio_input or 0)
        )

    @property
    def all_output(self) -> int:
        """All tokens that came out, reasoning too."""
        return (self.output or 0) + (self.reasoning or 0) + (self.audio_output or 0)

    @property
    def total(self) -> int:
        """All tokens that are known of, in and out."""
        return self.all_input + self.all_output

    @property
    def has_output(self) -> bool:
        """Whether anything was made, of whatever sort."""
        return bool(self.all_output or self.images or self.seconds)
