"""What a call's record says lives here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.usage import Usage

CallId = NewType("CallId", int)


class Status(StrEnum):
    processing = "processing"
    success = "success"
    failed = "failed"


class Source(StrEnum):
    """Where the tokens of a record come from."""

    reported = "reported"  # the provider said so
    estimated = "estimated"  # by what was asked and said, as the provider did not say all
    partial = "partial"  # the answer was cut; the tokens are those seen until then, if any
    missing = "missing"  # the provider said nothing


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try of a target within a call.

    `outcome` is `ok`, `cut`, `lost`, `probe`, or what went wrong (base.errors.Failure).
    `number` counts from 1 as they ended, `status` is the provider's, if one came. Who lost was asked beside another
    target, which spoke first, and was cancelled; a probe goes on when the call is over.
    """

    call_id: CallId
    number: int
    provider_id: int
    credential_id: int
    upstream_model: str
    outcome: str
    status: int | None
    started_ms: int
    duration_ms: int
    error: str | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, as it is kept. Times are Unix milliseconds, durations milliseconds."""

    id: CallId
    request_id: str
    user_id: int
    key_id: int
    provider_id: int | None
    credential_id: int | None
    model: str
    upstream_model: str | None
    kind: str
    status: Status
    started_ms: int
    duration_ms: int | None
    first_byte_ms: int | None
    usage: Usage
    usage_source: Source
    error: str | None
    app: str | None
    dialect: str | None = None  # the caller's
    upstream_dialect: str | None = None
    dropped: str | None = None  # what the translation lost, as `x-hub-dropped` says it
    credits: int | None = None  # nano-credits; None is a call that had no price

    @property
    def total_usage(self) -> int | float:
        """What it used as one number: the pictures or seconds it made where it made such, else all tokens in and out.

        `store` says the same in SQL.
        """
        made: int | float | None = None
        if self.kind == Kind.image:
            made = self.usage.images
        elif self.kind in (Kind.audio, Kind.video):
            made = self.usage.seconds
        return self.usage.total if made is None else plain(made)


def plain(number: int | float) -> int | float:
    """A sum of whole and broken numbers without the dust of binary fractions; a whole one as int."""
    rounded = round(number, 3)
    return int(rounded) if rounded == int(rounded) else rounded
