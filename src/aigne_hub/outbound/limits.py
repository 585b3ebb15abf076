"""The limits of one exchange live here."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes; times are kept to within a tenth of a second or two.

    `connect_s` bounds waiting for a free connection and, again, making one. `first_byte_s` runs from
    the request to the end of the answer's head: reasoning models think for minutes before they speak.
    `idle_s` bounds a silence inside the body while somebody waits for it. `total_s` bounds all of it.
    `answer_bytes` bounds a body that is read whole, after decompression; a streamed body is bounded by
    time. `head_bytes` bounds the head, informational answers before it included, and the trailer.
    """

    connect_s: float = 10.0
    first_byte_s: float = 300.0
    idle_s: float = 120.0
    total_s: float = 1500.0
    answer_bytes: int = 64 * MIB
    head_bytes: int = 64 * KIB
