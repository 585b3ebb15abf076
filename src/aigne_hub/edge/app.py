"""The ASGI application lives here: exact paths, Google's and files' lead to the fast doors, all others further in."""

from __future__ import annotations

from collections.abc import Awaitable

from aigne_hub.base.errors import WrongMethod
from aigne_hub.dialects.anthropic_messages.counts import AnthropicCount
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import ServedDialect
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.native.videos import NativeVideos
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.openai_forms import IMAGE_EDITS, TRANSCRIPTIONS, TRANSLATIONS
from aigne_hub.dialects.openai_json import IMAGES, MODERATIONS, RERANK, SPEECH
from aigne_hub.dialects.openai_responses.counts import ResponsesCount
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.dialects.reference_images import ReferenceImages
from aigne_hub.edge.files import FilesDoor
from aigne_hub.edge.gemini import GeminiDoor
from aigne_hub.edge.inference import InferenceDoor
from aigne_hub.edge.listings import ReadingDoor, discovery, healthz, no_socket, readyz, status, v1_status
from aigne_hub.edge.models import ModelsDoor
from aigne_hub.edge.passage import Asgi, Passage
from aigne_hub.edge.reading import BodyReader, request_id_of
from aigne_hub.edge.signed import SignedDoor, SignedReadingDoor
from aigne_hub.edge.sockets import SocketDoor
from aigne_hub.edge.videos import VideosDoor
from aigne_hub.edge.wire import AsgiReply, Receive, Scope, Send
from aigne_hub.house import House

Door = InferenceDoor | ReadingDoor | GeminiDoor | ModelsDoor | FilesDoor

_AUDIO: dict[str, ServedDialect] = {"speech": SPEECH, "transcriptions": TRANSCRIPTIONS, "translations": TRANSLATIONS}
_IMAGE_PATHS = (
    "/api/v2/image",
    "/api/v2/images",
    "/api/v2/image/generations",
    "/api/v2/images/generations",
    "/api/image/generations",
    "/api/images/generations",
)
_OPENAI_BASES = ("/v1", "/api/v2")  # either is a base URL for OpenAI's clients (contract 2.1)
_MOUNTS = ("", "/ai-kit")  # the reference's official hub is mounted at the second (contract 1.1)
_API_PATHS = ("/api/", "/v1/", "/v1beta/", "/v1alpha/", "/oauth/", "/.well-known/", "/ai-kit/")
_CONNECT_PAGE = "/.well-known/service/gen-simple-access-key"  # where the published CLI sends a person (contract 1.3)
_ALLOWED_HEADERS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET,HEAD,PUT,PATCH,POST,DELETE"),
    (b"access-control-max-age", b"600"),
)


class Edge:
    """Every request of the hub enters here."""

    def __init__(self, house: House, reader: BodyReader, control_plane: Asgi, pages: Asgi) -> None:
        self._house = house
        self._pages = pages
        self._passage = Passage(house, reader, control_plane)
        self._doors = {
            mount + spelt: door
            for path, door in _doors(house, reader).items()
            for spelt in _spellings(path)
            for mount in _MOUNTS
        }
        self._gemini = GeminiDoor(house, reader)
        self._models = ModelsDoor(house)
        self._videos = VideosDoor(house, reader)
        self._files = FilesDoor(house, reader)
        self._sockets = SocketDoor(house)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hands on what the answer is made by, and is not there itself while it is made."""
        if scope["type"] == "websocket":
            return self._sockets(scope, receive, send)
        method = scope["method"]
        door = self._door(scope["path"], method)
        if door is not None and (method == door.method or (method == "HEAD" and door.method == "GET")):
            return door(scope, receive, send)
        if method == "OPTIONS":
            return _preflight(scope, send)
        if self._videos.owns(scope["path"]):
            return self._videos(scope, receive, send)
        if door is not None:
            request_id = request_id_of(dict(scope["headers"])) or str(self._house.recorder.new_id())
            return AsgiReply(receive, send, request_id).error(WrongMethod(door.method))
        if method in ("GET", "HEAD") and is_page(scope["path"]):
            return self._pages(scope, receive, send)
        return self._passage(scope, receive, send)

    def _door(self, path: str, method: str) -> Door | None:
        door = self._doors.get(path)
        if door is None and self._gemini.owns(path, method):
            return self._gemini
        if door is None and self._models.owns(path):
            return self._models
        if door is None and self._files.owns(path):
            return self._files
        return door


def is_page(path: str) -> bool:
    """Whether a path is the console's: every one that is not of an API. What it serves is for everybody."""
    return path == _CONNECT_PAGE or not path.startswith(_API_PATHS)


def _spellings(path: str) -> tuple[str, ...]:
    """The reference answers `/api/v1/sdk/…` as it does `/api/v1/…` (contract 2)."""
    return (path, path.replace("/api/v1/", "/api/v1/sdk/", 1)) if path.startswith("/api/v1/") else (path,)


def _doors(house: House, reader: BodyReader) -> dict[str, Door]:
    def inference(dialect: ServedDialect, *, is_reference: bool) -> InferenceDoor:
        return InferenceDoor(house, reader, dialect, is_reference=is_reference)

    def count(dialect: ServedDialect) -> InferenceDoor:
        return InferenceDoor(house, reader, dialect, is_reference=False, answer=house.counting.answer)

    def signed(dialect: ServedDialect) -> SignedDoor:
        return SignedDoor(house, reader, dialect, is_reference=True)

    plain = inference(OpenAIChat(is_hybrid=False), is_reference=False)
    hybrid = inference(OpenAIChat(is_hybrid=True), is_reference=True)
    return {
        "/v1/chat/completions": plain,
        "/api/v2/chat/completions": hybrid,
        "/api/v2/completions": hybrid,
        "/api/v2/chat": InferenceDoor(house, reader, OpenAIChat(is_hybrid=True), is_reference=True, native=Native()),
        "/api/chat/completions": hybrid,
        "/v1/completions": inference(OpenAICompletions(), is_reference=False),
        "/v1/messages": inference(AnthropicMessages(), is_reference=False),
        "/v1/messages/count_tokens": count(AnthropicCount()),
        "/v1/images/generations": inference(IMAGES, is_reference=False),
        **{path: inference(ReferenceImages(), is_reference=True) for path in _IMAGE_PATHS},
        "/api/v1/image/generations": signed(ReferenceImages()),
        "/api/v2/video": InferenceDoor(
            house, reader, NativeVideos(), is_reference=True, answer=house.waiting_videos.answer
        ),
        **{
            f"{base}{path}": door
            for base in _OPENAI_BASES
            for path, door in (
                ("/responses", inference(OpenAIResponses(), is_reference=False)),
                ("/responses/input_tokens", count(ResponsesCount())),
                ("/images/edits", inference(IMAGE_EDITS, is_reference=False)),
                ("/moderations", inference(MODERATIONS, is_reference=False)),
                ("/rerank", inference(RERANK, is_reference=False)),
            )
        },
        **{
            f"{mount}/audio/{name}": inference(dialect, is_reference=mount != "/v1")
            for mount in _OPENAI_BASES
            for name, dialect in _AUDIO.items()
        },
        "/v1/embeddings": inference(Embeddings(), is_reference=False),
        "/api/v2/embeddings": inference(Embeddings(), is_reference=True),
        "/api/embeddings": inference(Embeddings(), is_reference=True),
        "/api/v1/chat/completions": signed(OpenAIChat(is_hybrid=True)),
        "/api/v1/completions": signed(OpenAIChat(is_hybrid=True)),
        "/api/v1/embeddings": signed(Embeddings()),
        "/api/v1/audio/speech": signed(SPEECH),
        "/api/v1/audio/transcriptions": signed(TRANSCRIPTIONS),
        "/api/v1/status": SignedReadingDoor(house, v1_status, needs_caller=True),
        "/api/v2/status": ReadingDoor(house, status, needs_caller=False),
        "/__blocklet__.js": ReadingDoor(house, discovery, needs_caller=False),
        "/healthz": ReadingDoor(house, healthz, needs_caller=False),
        "/readyz": ReadingDoor(house, readyz, needs_caller=False),
        "/websocket": ReadingDoor(house, no_socket, needs_caller=False),
    }


async def _preflight(scope: Scope, send: Send) -> None:
    asked = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
    headers = [
        *_ALLOWED_HEADERS,
        (b"access-control-allow-headers", asked[0] if asked else b"*"),
        (b"vary", b"access-control-request-headers"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body"})
