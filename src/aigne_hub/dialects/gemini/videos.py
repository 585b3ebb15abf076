"""Google's videos live here: Veo by a long-running operation, its films by the Files API; called, never served.

Sources: https://ai.google.dev/gemini-api/docs/video and https://ai.google.dev/api/models#method:-models.predictlongrunning
"""

from __future__ import annotations

import re
from math import isclose
from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import Media
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import wrong
from aigne_hub.dialects.gemini.dialect import model_path
from aigne_hub.dialects.videos import (
    Asked,
    Stage,
    Trouble,
    Video,
    Wish,
    malformed,
    pixels_of,
    refuse_variant,
    trouble_of,
)

NAME = "gemini_videos"
_NAMED = re.compile(r"(?:models/[A-Za-z0-9_.-]{1,200}/)?operations/[A-Za-z0-9_-]{1,200}", re.ASCII)
_FILE = re.compile(r"https?://[^?#]+/files/([A-Za-z0-9_-]{1,200})(?::download)?(?:\?[^#]*)?", re.ASCII)
_RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16}
_RESOLUTIONS = ((720, "720p"), (1080, "1080p"), (2160, "4k"))
_REFUSED = frozenset({3, 9, 11})  # INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE (google.rpc.Code)
_PER_CENT = 100

_write = msgspec.json.Encoder().encode


class _Film(Struct):
    uri: str | None = None


class _Sample(Struct):
    video: _Film | None = None


class _Made(Struct, rename="camel"):
    generated_samples: list[_Sample] = []
    rai_media_filtered_reasons: list[str] = []


class _Response(Struct, rename="camel"):
    generate_video_response: _Made | None = None


class _Status(Struct):
    code: int = 0
    message: str = ""


class _Operation(Struct):
    name: str
    done: bool = False
    error: _Status | None = None
    response: _Response | None = None


_read_operation = msgspec.json.Decoder(_Operation).decode


class GeminiVideos:
    """An operation's name is the video's id. A film is fetched at the provider's own address, whatever address its
    `uri` begins with: the key is shown to nobody else.
    """

    name = NAME
    default_s = 8

    def write_wish(self, wish: Wish, model: str, losses: Losses) -> Asked:
        instance: dict[str, Any] = {"prompt": wish.prompt}
        if wish.image is not None:
            instance["image"] = _picture(wish.image, "image")
        if wish.last_image is not None:
            instance["lastFrame"] = _picture(wish.last_image, "lastFrame")
        if wish.references:
            instance["referenceImages"] = [
                {"image": _picture(one, "referenceImages"), "referenceType": "asset"} for one in wish.references
            ]
        parameters = {
            **_frame_of(wish, losses),
            "durationSeconds": wish.seconds,
            "negativePrompt": wish.negative_prompt,
            "personGeneration": wish.person_generation,
        }
        for name in wish.unknown:
            losses.dropped(name)
        said = {name: value for name, value in parameters.items() if value is not None}
        body = {"instances": [instance], **({"parameters": said} if said else {})}
        return Asked(model_path(model, "predictLongRunning"), _write(body))

    def read_video(self, answer: bytes) -> Video:
        try:
            operation = _read_operation(answer)
        except UNREADABLE as error:
            raise malformed() from error
        if not _NAMED.fullmatch(operation.name):
            raise malformed()  # it is the path that the hub asks
        if not operation.done:
            return Video(operation.name, Stage.in_progress)
        if operation.error is not None:
            return Video(operation.name, Stage.failed, trouble=_trouble(operation.error))
        return _done(operation)

    def status_path(self, video_id: str) -> bytes:
        return b"/" + video_id.encode("ascii")

    def delete_path(self, video_id: str) -> bytes | None:
        return None

    def content_paths(self, video: Video, variant: str | None = None) -> tuple[bytes, ...]:
        refuse_variant(variant, ("video",))
        return video.places


def _done(operation: _Operation) -> Video:
    made = operation.response.generate_video_response if operation.response is not None else None
    if made is None:
        raise malformed()
    found = [_FILE.fullmatch(one.video.uri) for one in made.generated_samples if one.video and one.video.uri]
    places = tuple([b"/files/%b:download?alt=media" % one[1].encode("ascii") for one in found if one is not None])
    if places:
        return Video(operation.name, Stage.completed, progress=_PER_CENT, places=places)
    if made.rai_media_filtered_reasons:
        refused = trouble_of("content_policy_violation", made.rai_media_filtered_reasons[0])
        return Video(operation.name, Stage.failed, trouble=refused)
    raise malformed()


def _trouble(status: _Status) -> Trouble:
    trouble = trouble_of("video_failed", status.message)
    return Trouble(trouble.code, trouble.message, status.code in _REFUSED)


def _frame_of(wish: Wish, losses: Losses) -> dict[str, str | None]:
    """Aspect ratio and resolution: as said, or the nearest to the pixels that were asked for."""
    pixels = pixels_of(wish.size) if wish.size is not None else None
    if pixels is None:
        return {"aspectRatio": wish.aspect_ratio, "resolution": wish.size}
    width, height = pixels
    ratio = "16:9" if width >= height else "9:16"
    lines, resolution = min(_RESOLUTIONS, key=lambda one: abs(one[0] - min(pixels)))
    if lines != min(pixels) or not isclose(width / height, _RATIOS[ratio], rel_tol=0.01):
        losses.approximated("size")
    return {"aspectRatio": wish.aspect_ratio or ratio, "resolution": resolution}


def _picture(image: Media, place: str) -> dict[str, str]:
    if image.data is None:
        raise wrong(place, "this model's provider takes pictures by their bytes, not by their address")
    return {"bytesBase64Encoded": image.data, "mimeType": image.mime or "image/png"}
