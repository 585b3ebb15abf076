"""A video in the middle lives here: what a caller wishes for, and what its maker tells of it.

A provider makes a video as a job: it is asked for, looked at until it is done, and then fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.dialects.chat import Media
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import wrong
from aigne_hub.dialects.openai_errors import safe

LONGEST_S = 600
_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})|\d{3,4}p|[248]k", re.ASCII)
_WHOLE = re.compile(r"\d{1,4}", re.ASCII)
_RULES = re.compile(r"moderat|polic|safety|blocked|filter|invalid|sensitive", re.IGNORECASE)


class Stage(StrEnum):
    queued = "queued"
    in_progress = "in_progress"
    completed = "completed"
    failed = "failed"

    @property
    def is_final(self) -> bool:
        return self in (Stage.completed, Stage.failed)


class Wish(Struct, frozen=True):
    """What a caller wants filmed; None is "not said". `size` is `1280x720`, or `720p` and the like.

    `image` is the first frame, `last_image` the last; `references` show who or what is to be seen.
    """

    prompt: str
    seconds: int | None = None
    size: str | None = None
    image: Media | None = None
    last_image: Media | None = None
    references: tuple[Media, ...] = ()
    aspect_ratio: str | None = None
    negative_prompt: str | None = None
    person_generation: str | None = None
    unknown: tuple[str, ...] = ()


class Trouble(Struct, frozen=True):
    """Why a video was not made; `is_refusal` when the request itself is to blame."""

    code: str
    message: str
    is_refusal: bool = False


class Video(Struct, frozen=True):
    """What a provider tells of a video. `id` is the provider's; times are Unix seconds, `progress` percent.

    `places` are where the finished films are fetched, where that is not known by the id alone.
    """

    id: str
    stage: Stage
    progress: int = 0
    seconds: float | None = None
    size: str | None = None
    trouble: Trouble | None = None
    completed_s: int | None = None
    expires_s: int | None = None
    places: tuple[bytes, ...] = ()


class Asked(Struct, frozen=True):
    """The request that begins a video: its path below the provider's address, its body, its type if not JSON."""

    path: bytes
    body: bytes
    content_type: bytes | None = None


class CalledVideos(Protocol):
    """A video dialect at the provider's side. Paths are below the provider's address."""

    name: str
    default_s: int  # how long a video is when the caller does not say

    def write_wish(self, wish: Wish, model: str, losses: Losses) -> Asked:
        """The request for a new video; what cannot be told goes to `losses`."""
        ...

    def read_video(self, answer: bytes) -> Video:
        """Raises UpstreamFailed when the answer tells of no video."""
        ...

    def status_path(self, video_id: str) -> bytes: ...

    def delete_path(self, video_id: str) -> bytes | None:
        """Where a video is deleted, running or done; None when the provider takes no such request."""
        ...

    def content_paths(self, video: Video, variant: str | None = None) -> tuple[bytes, ...]:
        """Where each film of a completed video is fetched. Raises BadRequest for a variant that there is not."""
        ...


def read_seconds(value: object, place: str) -> int | None:
    """A length as clients say it, `"4"` or 4. Raises BadRequest."""
    if value is None:
        return None
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if type(value) is not int or not 1 <= value <= LONGEST_S:
        raise wrong(place, f"a whole number of seconds from 1 to {LONGEST_S} is expected here")
    return value


def read_size(value: str | None, place: str) -> str | None:
    """Raises BadRequest for what is no size."""
    if value is None or _SIZE.fullmatch(value):
        return value
    raise wrong(place, "a size such as 1280x720 or 720p is expected here")


def pixels_of(size: str) -> tuple[int, int] | None:
    """Width and height of `1280x720`; None for a size that says only one of them."""
    found = _SIZE.fullmatch(size)
    return (int(found[1]), int(found[2])) if found and found[1] else None


def trouble_of(code: str, message: str) -> Trouble:
    """Why a job failed, by the provider's code and words: those that speak of rules blame the request."""
    code, message = safe(code)[:60] or "video_failed", safe(message) or "the provider did not say why"
    return Trouble(code, message, bool(_RULES.search(code)))


def error_of_trouble(trouble: Trouble) -> UpstreamFailed:
    """A job that failed, as the caller of a waiting door learns of it."""
    message = f"the video was not made: {trouble.message}"
    if trouble.is_refusal:
        return UpstreamFailed(Failure.rejected, message, upstream_status=400, code=trouble.code)
    return UpstreamFailed(Failure.overloaded, message, code=trouble.code)


def malformed() -> UpstreamFailed:
    return UpstreamFailed(Failure.malformed, "the provider's answer tells of no video")


def refuse_variant(variant: str | None, known: Iterable[str]) -> None:
    """Raises BadRequest for a variant of a film that its provider does not keep."""
    if variant is not None and variant not in known:
        raise BadRequest(f"the variants of this video are {', '.join(known)}", param="variant")
