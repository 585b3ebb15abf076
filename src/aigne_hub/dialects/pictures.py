"""Pictures in the middle live here: what a caller wishes for, what a provider made, and the bridge between the two.

Callers ask in OpenAI's words (the reference's formats are put into them on reading), as JSON or as a form with files.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct, structs

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.dialects import media, multipart
from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.call import Call, Dialect, Label, Stream
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.inlined import Inlined, InlineFile, Linked, Urls
from aigne_hub.dialects.usage import Usage

_MOST = 16
_OURS = frozenset({"model", "prompt", "response_format", "image", "mask"})
_UNSAID = frozenset({"", "auto"})

_write = msgspec.json.Encoder().encode


class PictureWish(Struct, frozen=True):
    """What a caller wants drawn. `fields` are the others of its request, as it named them; "auto" counts as not said.

    `pictures` are to be edited, all of them with their bytes; `wants_url` when addresses are asked for.
    """

    prompt: str
    fields: dict[str, Any]
    pictures: tuple[Media, ...] = ()
    has_mask: bool = False
    wants_url: bool = False


class MadePicture(Struct, frozen=True):
    """A picture by its bytes, in base64, or by its address; `prompt` is what the provider made of the caller's."""

    data: str | None = None
    url: str | None = None
    mime: str | None = None
    prompt: str | None = None


class Made(Struct, frozen=True):
    pictures: tuple[MadePicture, ...]
    usage: Usage | None = None


class Drawing(Struct, frozen=True):
    """The request for pictures: its path below the provider's address, its body, its type if that is not JSON."""

    path: bytes
    body: bytes
    content_type: bytes | None = None


class CalledPictures(Protocol):
    """A picture format at the provider's side."""

    name: str

    def write_wish(self, wish: PictureWish, model: str, losses: Losses) -> Drawing:
        """What cannot be told goes to `losses`. Raises BadRequest for a wish that the model can never fulfil."""
        ...

    def read_made(self, answer: bytes) -> Made:
        """Raises UpstreamFailed when the answer has no picture, `rejected` when the request is to blame for it."""
        ...


class PictureBridge:
    """A call in OpenAI's words on its way to a provider that has words of its own."""

    is_json = True

    def __init__(self, served: Dialect, called: CalledPictures, losses: Losses) -> None:
        self._served = served
        self._called = called
        self._losses = losses
        self._drawing: Drawing | None = None
        self._made: Made | None = None

    @property
    def content_type(self) -> bytes | None:
        return None if self._drawing is None else self._drawing.content_type

    def path(self, call: Call, model: str) -> bytes:
        return self._drawn(call, model).path

    def write_request(self, call: Call, model: str) -> bytes:
        return self._drawn(call, model).body

    def read_usage(self, answer: bytes) -> Usage | None:
        made = self._found(answer)
        return structs.replace(made.usage or Usage(), images=len(made.pictures))

    def write_answer(self, answer: bytes, call: Call, label: Label) -> bytes:
        return self._served.write_answer(_shown(self._found(answer), label), call, label)

    def unpack(self, answer: bytes, call: Call) -> Inlined | None:
        pictures = list(self._found(answer).pictures)
        places = [i for i, one in enumerate(pictures) if one.data is not None][:_MOST]
        files = tuple([_file(pictures[i], number) for number, i in enumerate(places)])

        def with_urls(urls: Urls) -> bytes:
            for i, url in zip(places, urls, strict=True):
                if url is not None:
                    pictures[i] = structs.replace(pictures[i], data=None, url=url)
            self._put(pictures, answer)
            return answer

        return Inlined(files, with_urls, _field(call)) if files else None

    def linked(self, answer: bytes, call: Call) -> Linked | None:
        pictures = list(self._found(answer).pictures)
        places = [i for i, one in enumerate(pictures) if one.url is not None][:_MOST]

        def with_files(files: Sequence[InlineFile | None]) -> bytes:
            for i, file in zip(places, files, strict=True):
                if file is not None:
                    pictures[i] = structs.replace(pictures[i], url=None, data=file.data, mime=file.mime)
            self._put(pictures, answer)
            return answer

        return Linked(tuple([pictures[i].url or "" for i in places]), with_files, _field(call)) if places else None

    def open_stream(self, call: Call, label: Label) -> Stream:
        raise AssertionError("pictures are never streamed")

    def _drawn(self, call: Call, model: str) -> Drawing:
        if self._drawing is None:
            self._drawing = self._called.write_wish(read_wish(call), model, self._losses)
        return self._drawing

    def _found(self, answer: bytes) -> Made:
        if self._made is None:
            self._made = self._called.read_made(answer)
        return self._made

    def _put(self, pictures: list[MadePicture], answer: bytes) -> None:
        self._made = structs.replace(self._found(answer), pictures=tuple(pictures))


def read_wish(call: Call) -> PictureWish:
    """The wish of a call whose body is OpenAI's. Raises BadRequest that names what is wrong with it."""
    return _of_json(call) if call.content_type is None else _of_form(call)


def leave(fields: dict[str, Any], losses: Losses) -> None:
    """Tell of the fields that found no place."""
    for name in fields:
        losses.dropped(name)


def refused(words: str) -> UpstreamFailed:
    """No picture came, and the provider says that the request is why."""
    message = "no picture was made: " + (words or "the provider's rules forbid it")
    return UpstreamFailed(Failure.rejected, message, upstream_status=400, code="content_filter")


def malformed() -> UpstreamFailed:
    return UpstreamFailed(Failure.malformed, "the provider's answer is no list of pictures")


def _of_json(call: Call) -> PictureWish:
    given = read_object(call.body)
    shown = given.get("image")
    listed = shown if isinstance(shown, list) else [] if shown is None else [shown]
    pictures = tuple([_picture(one, f"image[{i}]") for i, one in enumerate(listed)])
    return _wish(given, str(given.get("prompt") or ""), pictures, call, has_mask=given.get("mask") is not None)


def _picture(given: Any, place: str) -> Media:
    if not isinstance(given, str):
        raise BadRequest(f"Validation error: {place}: a string is expected here", param=place)
    if given.startswith(("http://", "https://")):
        raise BadRequest(f"{place}: send a picture that is to be edited with its bytes, as a data URL", param=place)
    return media.image_of(given, place)


def _of_form(call: Call) -> PictureWish:
    parts = multipart.parts_of(call.body)
    texts = {part.name: multipart.text_of(call.body, parts, part.name) for part in parts if not part.is_file}
    files = [part for part in parts if part.is_file]
    pictures = [part for part in files if part.name.removesuffix("[]") == "image"]
    if len(pictures) > _MOST:
        raise BadRequest(f"at most {_MOST} pictures are expected here", param="image")
    shown = tuple([_of_bytes(call.body[part.start : part.end], i) for i, part in enumerate(pictures)])
    has_mask = any(part.name == "mask" for part in files)
    return _wish({**texts}, texts.get("prompt") or "", shown, call, has_mask=has_mask)


def _of_bytes(data: bytes, number: int) -> Media:
    encoded = base64.b64encode(data).decode("ascii")
    return media.checked(Media(MediaKind.image, mime=media.sniffed(encoded), data=encoded), f"image[{number}]")


def _wish(
    given: dict[str, Any], prompt: str, pictures: tuple[Media, ...], call: Call, *, has_mask: bool
) -> PictureWish:
    if not prompt:
        raise BadRequest("the request has no prompt", param="prompt")
    if len(pictures) > _MOST:
        raise BadRequest(f"at most {_MOST} pictures are expected here", param="image")
    said = {name: _number(name, value) for name, value in given.items() if name not in _OURS and value is not None}
    fields = {name: value for name, value in said.items() if not (isinstance(value, str) and value in _UNSAID)}
    return PictureWish(prompt, fields, pictures, has_mask, call.wants_url)


def _number(name: str, value: Any) -> Any:
    """How many, also where a form says it as text."""
    if name == "n" and isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) <= 2 else 0
    if name == "n" and (type(value) is not int or not 1 <= value <= 10):
        raise BadRequest("Validation error: n: a whole number from 1 to 10 is expected here", param="n")
    return value


def _field(call: Call) -> str:
    return "outputFileType" if call.is_native else "response_format"


def _file(picture: MadePicture, number: int) -> InlineFile:
    assert picture.data is not None
    mime = media.sniffed(picture.data) or picture.mime or "image/png"
    return InlineFile(picture.data, mime, f"{number}.{mime.rpartition('/')[2]}")


def _shown(made: Made, label: Label) -> bytes:
    """As OpenAI answers (https://platform.openai.com/docs/api-reference/images/object)."""
    data = [
        {
            **({"b64_json": one.data} if one.data is not None else {"url": one.url}),
            **({"revised_prompt": one.prompt} if one.prompt else {}),
        }
        for one in made.pictures
    ]
    shown: dict[str, Any] = {"created": label.created_s, "data": data}
    mime = made.pictures[0].mime
    if mime is not None:
        shown["output_format"] = mime.rpartition("/")[2]
    usage = made.usage
    if usage is not None:
        shown["usage"] = {
            "input_tokens": usage.all_input,
            "output_tokens": usage.all_output,
            "total_tokens": usage.total,
        }
    return _write(shown)
