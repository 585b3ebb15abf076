"""Native videos live here: one request, one answer, however long the making takes. Source: contract 2.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.base.errors import HubError
from aigne_hub.dialects import media
from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.dialects.usage import Usage
from aigne_hub.dialects.videos import Wish, read_seconds, read_size

NAME = "native_videos"
DEFAULT_MODEL = "openai/sora-2"
_LONGEST_NAME = 200
_MOST_REFERENCES = 3
_FILES = frozenset({"url", "file", "local"})

_write = msgspec.json.Encoder().encode


class Film(Struct, frozen=True):
    """A finished film: where it can be fetched, or its bytes in base64."""

    mime: str
    name: str
    url: str | None = None
    data: str | None = None


class NativeVideos:
    """Native videos: served, never spoken to a provider."""

    name = NAME
    passed_headers: tuple[bytes, ...] = ()
    keep_alive: bytes | None = None

    def read_request(self, body: bytes, *, accepts_stream: bool) -> Call:
        given = read_object(body)
        token = given.pop("access_token", None)
        top = Fields(given)
        f = top.need_fields("input")
        options = f.fields("modelOptions") or Fields({}, f.at("modelOptions"))
        names = [top.text("model"), f.text("model"), options.text("model")]  # each is taken, the first said counts
        model = next((name for name in names if name), DEFAULT_MODEL)
        if len(model) > _LONGEST_NAME:
            raise wrong("model", f"a name of at most {_LONGEST_NAME} letters is expected here")
        wants_url = f.one_of("outputFileType", _FILES) == "url"
        return Call(
            Kind.video,
            model,
            body,
            is_native=True,
            body_token=token if isinstance(token, str) else None,
            video=_wish(f, options),
            wants_url=wants_url,
        )

    def show_films(self, films: Sequence[Film], seconds: float | None, label: Label) -> bytes:
        shown: dict[str, Any] = {"videos": [_shown(film) for film in films]}
        if seconds is not None:
            shown["seconds"] = int(seconds) if seconds == int(seconds) else seconds
        return _write(
            {
                **shown,
                "usage": {"inputTokens": 0, "outputTokens": 0} | label.marks(Usage(seconds=seconds)),
                "model": label.target.partition("/")[2],
                "modelWithProvider": label.target,
            }
        )

    def write_error(self, error: HubError) -> bytes:
        return error_body(error)

    def write_error_event(self, error: HubError) -> bytes:
        return error_body(error)  # the answer is JSON, even when its head had to go ahead of it


def _wish(f: Fields, options: Fields) -> Wish:
    prompt = f.text("prompt")
    if not prompt:
        raise wrong(f.at("prompt"), "this is missing")
    seconds = options.any("seconds")
    if (said := f.any("seconds")) is not None:
        seconds = said
    size = f.text("size") or options.text("size")
    references = f.list("referenceImages") or options.list("referenceImages") or []
    if len(references) > _MOST_REFERENCES:
        raise wrong(f.at("referenceImages"), f"at most {_MOST_REFERENCES} pictures are expected here")
    return Wish(
        prompt=prompt,
        seconds=read_seconds(seconds, f.at("seconds")),
        size=read_size(size, f.at("size")),
        image=_picture(f.any("image"), f.at("image")),
        last_image=_picture(f.any("lastFrame") or options.any("lastFrame"), f.at("lastFrame")),
        references=tuple(
            [
                picture
                for i, one in enumerate(references)
                if (picture := _picture(one, f"{f.at('referenceImages')}[{i}]")) is not None
            ]
        ),
        aspect_ratio=f.text("aspectRatio") or options.text("aspectRatio"),
        negative_prompt=f.text("negativePrompt") or options.text("negativePrompt"),
        person_generation=f.text("personGeneration") or options.text("personGeneration"),
        unknown=(*f.rest(), *options.rest()),
    )


def _picture(given: Any, place: str) -> Media | None:
    """A native file part, or a bare data URL."""
    if given is None:
        return None
    if isinstance(given, str):
        return media.image_of(given, place)
    part = Fields(given, place)
    if part.text("type") == "url":
        return media.image_of(part.need_text("url"), part.at("url"))
    data = part.need_text("data")
    mime = part.text("mimeType") or media.sniffed(data)
    return media.checked(Media(MediaKind.image, mime=mime, data=data), part.at("data"))


def _shown(film: Film) -> dict[str, str]:
    where = {"type": "url", "url": film.url} if film.url is not None else {"type": "file", "data": film.data or ""}
    return {**where, "mimeType": film.mime, "filename": film.name}
