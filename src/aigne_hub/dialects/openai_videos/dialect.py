"""OpenAI's Videos at both sides live here.

Source: https://developers.openai.com/api/reference/resources/videos
"""

from __future__ import annotations

import base64

import msgspec

from aigne_hub.base.errors import HubError
from aigne_hub.dialects import multipart, splice, sse
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Media
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.openai_videos import answers, requests
from aigne_hub.dialects.videos import Asked, Video, Wish, pixels_of, refuse_variant

NAME = "openai_videos"
VARIANTS = ("video", "thumbnail", "spritesheet")
_SIDES = {"720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}

_write = msgspec.json.Encoder().encode


class OpenAIVideos:
    """A new video: `POST /videos` with JSON or a form."""

    name = NAME
    default_s = 4
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        return requests.read(body)

    def read_wish(self, call: Call) -> Wish:
        """The request in the middle, for a provider of another format."""
        return requests.wish_of(call)

    def measures_of(self, call: Call) -> tuple[int | None, str | None]:
        """The length in seconds and the size that a request asks for."""
        return requests.measures_of(call)

    def edited(self, call: Call, model: str) -> Asked:
        """The caller's own request, for a provider that speaks this format."""
        if call.content_type is None:
            return Asked(b"/videos", splice.replace_model(call.body, call.model, _write(model)))
        parts = multipart.parts_of(call.body)
        return Asked(b"/videos", multipart.replaced(call.body, parts, "model", model.encode()), call.content_type)

    def write_wish(self, wish: Wish, model: str, losses: Losses) -> Asked:
        form = {"model": model, "prompt": wish.prompt}
        if wish.seconds is not None:
            form["seconds"] = str(wish.seconds)
        if (size := _size_of(wish, losses)) is not None:
            form["size"] = size
        for name, value in (
            ("negativePrompt", wish.negative_prompt),
            ("personGeneration", wish.person_generation),
            ("lastFrame", wish.last_image),
            ("referenceImages", wish.references),
        ):
            if value:
                losses.dropped(name)
        for name in wish.unknown:
            losses.dropped(name)
        if wish.image is None:
            return Asked(b"/videos", _write(form))
        if wish.image.data is None:
            return Asked(b"/videos", _write({**form, "input_reference": {"image_url": wish.image.url}}))
        content_type, body = multipart.written(form, (_file_of(wish.image),))
        return Asked(b"/videos", body, content_type)

    def read_video(self, answer: bytes) -> Video:
        return answers.read(answer)

    def status_path(self, video_id: str) -> bytes:
        return b"/videos/" + video_id.encode("ascii")

    def delete_path(self, video_id: str) -> bytes | None:
        return self.status_path(video_id)

    def content_paths(self, video: Video, variant: str | None = None) -> tuple[bytes, ...]:
        refuse_variant(variant, VARIANTS)
        path = self.status_path(video.id) + b"/content"
        return (path if variant is None else path + b"?variant=" + variant.encode("ascii"),)

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return sse.event(error_body(error))


class Remix(OpenAIVideos):
    """A video made out of another: `POST /videos/{id}/remix`. The model is the other's."""

    def __init__(self, source: int) -> None:
        self.source = source  # the hub's id of the other

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        body, token = requests.read_remix(body)
        return Call(Kind.video, "", body, body_token=token)

    def remixed(self, call: Call, video_id: str) -> Asked:
        """The request for the provider that made the other, which it knows by `video_id`."""
        return Asked(self.status_path(video_id) + b"/remix", call.body)


def _size_of(wish: Wish, losses: Losses) -> str | None:
    """Pixels: the wish's own, or those that a name and an aspect ratio come to."""
    if wish.size is None or pixels_of(wish.size) is not None:
        if wish.aspect_ratio is not None:
            losses.dropped("aspectRatio")
        return wish.size
    sides = _SIDES.get(wish.size)
    if sides is None:
        losses.dropped("size")
        return None
    losses.approximated("size")
    width, height = sides if wish.aspect_ratio != "9:16" else sides[::-1]
    return f"{width}x{height}"


def _file_of(image: Media) -> multipart.File:
    assert image.data is not None
    mime = image.mime or "image/png"
    return multipart.File("input_reference", f"image.{mime.rpartition('/')[2]}", mime, base64.b64decode(image.data))
