"""The part of docs/fidelity.md about embeddings, pictures and videos, made by wishing for each thing in turn."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.embeddings import GeminiEmbeddings, bridge
from aigne_hub.dialects.pairing import PICTURES, VIDEOS
from aigne_hub.dialects.pictures import PictureWish
from aigne_hub.dialects.videos import Wish
from tests.dialects.chats import PICTURE

HEAD = """## Embeddings, pictures and videos

As above, of what is asked: embeddings between OpenAI's words and Google's, pictures and videos in the words of the
hub's doors for providers that have their own. *Refused*: 400 before anybody is asked.
"""

# Writes a request with a thing, and without it: the bytes for the provider.
Writing = Callable[[Any, Losses], bytes]

PAINTERS = {
    "gemini_images": "gemini-3-pro-image",
    "gemini_images (Imagen)": "imagen-4.0-generate-001",
    "ideogram_images": "ideogram-v3",
    "seedream_images": "seedream-4-0",
}
FILMERS = {"openai_videos": "sora-2", "gemini_videos": "veo-3.1-generate-preview"}
CAT = PictureWish("a cat", {})
PICTURE_WISHES: dict[str, PictureWish] = {
    "prompt": replace(CAT, prompt="a dog"),
    "n": replace(CAT, fields={"n": 2}),
    "size: a square": replace(CAT, fields={"size": "1024x1024"}),
    "size: another": replace(CAT, fields={"size": "1536x1024"}),
    "quality": replace(CAT, fields={"quality": "high"}),
    "seed": replace(CAT, fields={"seed": 7}),
    "background": replace(CAT, fields={"background": "transparent"}),
    "output_format": replace(CAT, fields={"output_format": "webp"}),
    "user": replace(CAT, fields={"user": "u-1"}),
    "a picture to edit": replace(CAT, pictures=(PICTURE,)),
    "two pictures to edit": replace(CAT, pictures=(PICTURE, PICTURE)),
    "mask": replace(CAT, pictures=(PICTURE,), has_mask=True),
}
FILM = Wish("a cat runs")
VIDEO_WISHES: dict[str, Wish] = {
    "prompt": replace(FILM, prompt="a dog runs"),
    "seconds": replace(FILM, seconds=8),
    "size: 1280x720": replace(FILM, size="1280x720"),
    "size: 1080p": replace(FILM, size="1080p"),
    "aspectRatio": replace(FILM, aspect_ratio="16:9"),
    "first frame": replace(FILM, image=PICTURE),
    "first frame, by address": replace(FILM, image=Media(MediaKind.image, url="https://a.example/a.png")),
    "last frame": replace(FILM, image=PICTURE, last_image=PICTURE),
    "references": replace(FILM, references=(PICTURE,)),
    "negativePrompt": replace(FILM, negative_prompt="rain"),
    "personGeneration": replace(FILM, person_generation="allow_adult"),
}
EMBEDDING_WISHES: dict[str, dict[str, Any]] = {
    "one text": {"input": "a"},
    "several texts": {"input": ["a", "b"]},
    "tokens": {"input": [1, 2]},
    "dimensions": {"input": "hi", "dimensions": 256},
    "user": {"input": "hi", "user": "u-1"},
}
GOOGLE_WISHES: dict[str, dict[str, Any]] = {
    "one text": {"content": {"parts": [{"text": "a"}]}},
    "a picture": {"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": PICTURE.data}}]}},
    "outputDimensionality": {"content": {"parts": [{"text": "hi"}]}, "outputDimensionality": 256},
    "taskType": {"content": {"parts": [{"text": "hi"}]}, "taskType": "RETRIEVAL_QUERY"},
    "title": {"content": {"parts": [{"text": "hi"}]}, "title": "T"},
}


def drawn(painter: str) -> Writing:
    def write(wish: PictureWish, losses: Losses) -> bytes:
        drawing = PICTURES[painter.partition(" ")[0]].write_wish(wish, PAINTERS[painter], losses)
        return drawing.path + drawing.body

    return write


def filmed(filmer: str) -> Writing:
    return lambda wish, losses: VIDEOS[filmer].write_wish(wish, FILMERS[filmer], losses).body


def embedded(given: dict[str, Any], losses: Losses) -> bytes:
    call = Embeddings().read_request(json.dumps({"model": "m", **given}).encode(), accepts_stream=False)
    carrier = bridge(Embeddings(), GeminiEmbeddings.name, losses)
    assert carrier is not None
    return carrier.write_request(call, "m")


def embedded_by_openai(given: dict[str, Any], losses: Losses) -> bytes:
    served = GeminiEmbeddings("m", is_batch=False)
    call = served.read_request(json.dumps(given).encode(), accepts_stream=False)
    carrier = bridge(served, Embeddings.name, losses)
    assert carrier is not None
    return carrier.write_request(call, "m")


# What is wished for, what there is to tell each wish from, and who is told.
TABLES: dict[str, tuple[dict[str, Any], Any, dict[str, Writing]]] = {
    "Embeddings, from openai_embeddings": (EMBEDDING_WISHES, {"input": "hi"}, {"gemini_embeddings": embedded}),
    "Embeddings, from gemini_embeddings": (
        GOOGLE_WISHES,
        {"content": {"parts": [{"text": "hi"}]}},
        {"openai_embeddings": embedded_by_openai},
    ),
    "Pictures": (PICTURE_WISHES, CAT, {painter: drawn(painter) for painter in PAINTERS}),
    "Videos": (VIDEO_WISHES, FILM, {filmer: filmed(filmer) for filmer in FILMERS}),
}
_BOUNDARY = re.compile(rb"--[0-9A-Za-z_-]{16,}")
SHOWN = {"carried": "**carried**", "approximated": "approximated", "dropped": "*dropped*", "refused": "*refused*"}


def verdict(write: Writing, wish: Any, plain: Any) -> str:
    """What becomes of a wish; `silent` when it is not told and nobody says so."""
    losses = Losses()
    try:
        body = write(wish, losses)
    except BadRequest:
        return "refused"
    found = losses.items().values()
    if "dropped" in found or "approximated" in found:
        return "dropped" if "dropped" in found else "approximated"
    return "silent" if _unbound(body) == _unbound(write(plain, Losses())) else "carried"


def _unbound(body: bytes) -> bytes:
    """Without the boundary of a form, which is made up anew each time."""
    return _BOUNDARY.sub(b"--", body)


def page() -> str:
    sections = [HEAD]
    for title, (wishes, plain, told) in TABLES.items():
        lines = [f"### {title}", "", f"| | {' | '.join(told)} |", "|---" * (len(told) + 1) + "|"]
        for name, wish in wishes.items():
            cells = [SHOWN[verdict(write, wish, plain)] for write in told.values()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)
