"""What is told of videos in OpenAI's format lives here: a provider's answers read and edited, and the hub's own.

Source: https://developers.openai.com/api/reference/resources/videos
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.dialects import splice
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.videos import Stage, Trouble, Video, malformed, trouble_of

_PREFIX = "video_"
_ID = re.compile(r"[A-Za-z0-9_.:=+-]{1,400}", re.ASCII)
_OURS = re.compile(r"video_([1-9]\d{0,18})", re.ASCII)
_MOST = 1 << 63
_LONGEST_SIZE = 20
_LATEST_S = 1e11

# OpenAI's own four words, and what others who serve its format say.
_STAGES = {
    **{stage.value: stage for stage in Stage},
    "succeeded": Stage.completed,
    "cancelled": Stage.failed,
    "canceled": Stage.failed,
    "expired": Stage.failed,
    "error": Stage.failed,
    "pending": Stage.queued,
}

_write = msgspec.json.Encoder().encode


class _Wire(Struct):
    id: str
    status: str = "in_progress"
    progress: float | None = None
    seconds: str | float | None = None
    size: Any = None
    error: Any = None
    completed_at: float | None = None
    expires_at: float | None = None


class _Remixed(Struct):
    remixed_from_video_id: str | None = None


class Told(Struct, frozen=True):
    """A video as the hub tells of it when the provider's own words are not at hand; `id` is the hub's."""

    id: int
    created_s: int
    model: str
    stage: Stage
    progress: int
    seconds: float | None = None
    size: str | None = None
    trouble: Trouble | None = None
    completed_s: int | None = None
    expires_s: int | None = None
    remixed_from: int | None = None


_read_wire = msgspec.json.Decoder(_Wire, strict=False).decode
_read_remixed = msgspec.json.Decoder(_Remixed).decode


def shown_id(video_id: int) -> str:
    return f"{_PREFIX}{video_id}"


def read_id(text: str) -> int | None:
    """The hub's id of what a caller names; None when no video of the hub can be meant."""
    found = _OURS.fullmatch(text)
    return int(found[1]) if found and int(found[1]) < _MOST else None


def read(answer: bytes) -> Video:
    """What a provider tells. Raises UpstreamFailed when it is not of this format."""
    try:
        wire = _read_wire(answer)
    except UNREADABLE as error:
        raise malformed() from error
    if not _ID.fullmatch(wire.id) or wire.id in (".", ".."):
        raise malformed()  # it is a step of the paths that the hub asks
    stage = _STAGES.get(wire.status, Stage.in_progress)
    return Video(
        id=wire.id,
        stage=stage,
        progress=min(100, max(0, int(wire.progress or 0))),
        seconds=_seconds(wire.seconds),
        size=_size(wire.size),
        trouble=_trouble(wire.error) if stage is Stage.failed else None,
        completed_s=_time(wire.completed_at),
        expires_s=_time(wire.expires_at),
    )


def edited(answer: bytes, video_id: int, remixed_from: int | None) -> bytes:
    """A provider's answer, read before, with the hub's ids in the place of its own."""
    changes: dict[str, bytes | None] = {"id": _write(shown_id(video_id))}
    if _read_remixed(answer).remixed_from_video_id is not None:
        changes["remixed_from_video_id"] = b"null" if remixed_from is None else _write(shown_id(remixed_from))
    return splice.edit(answer, changes)


def written(told: Told) -> bytes:
    return _write(as_object(told))


def written_list(page: list[Told], *, has_more: bool) -> bytes:
    data = [as_object(told) for told in page]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return _write({"object": "list", "data": data, **ends, "has_more": has_more})


def written_deletion(video_id: int) -> bytes:
    return _write({"id": shown_id(video_id), "object": "video.deleted", "deleted": True})


def as_object(told: Told) -> dict[str, Any]:
    """Absent facts are null, as OpenAI has them."""
    trouble = told.trouble
    return {
        "id": shown_id(told.id),
        "object": "video",
        "created_at": told.created_s,
        "status": told.stage.value,
        "completed_at": told.completed_s,
        "error": None if trouble is None else {"code": trouble.code, "message": trouble.message},
        "expires_at": told.expires_s,
        "model": told.model,
        "progress": told.progress,
        "remixed_from_video_id": None if told.remixed_from is None else shown_id(told.remixed_from),
        "seconds": None if told.seconds is None else f"{told.seconds:g}",
        "size": told.size,
    }


def _seconds(said: str | float | None) -> float | None:
    try:
        seconds = None if said is None else float(said)
    except ValueError:
        return None
    return seconds if seconds is not None and 0 < seconds < 86400 else None


def _size(said: Any) -> str | None:
    return said if isinstance(said, str) and len(said) <= _LONGEST_SIZE and said.isprintable() else None


def _time(said: float | None) -> int | None:
    """Unix seconds; None when none are meant."""
    return int(said) if said is not None and 0 <= said < _LATEST_S else None


def _trouble(error: Any) -> Trouble:
    if isinstance(error, dict):
        code, message = error.get("code"), error.get("message")
        return trouble_of(code if isinstance(code, str) else "", message if isinstance(message, str) else "")
    return trouble_of("", error if isinstance(error, str) else "")
