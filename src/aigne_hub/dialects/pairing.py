"""Which dialects a call goes through lives here: its caller's alone if the provider speaks it, else a pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from msgspec import Struct

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.anthropic_messages.counts import AnthropicCount
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.bedrock_converse.dialect import BedrockConverse
from aigne_hub.dialects.call import Call, Dialect, Kind, ServedDialect
from aigne_hub.dialects.chat import Chat
from aigne_hub.dialects.counts import ESTIMATED, CalledCount, CountTranslation, CountWay, ServedCount
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.counts import GeminiCount
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.gemini.embeddings import GeminiEmbeddings, bridge
from aigne_hub.dialects.gemini.pictures import GeminiPictures
from aigne_hub.dialects.gemini.videos import GeminiVideos
from aigne_hub.dialects.ideogram import Ideogram
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.openai_forms import IMAGE_EDITS, TRANSCRIPTIONS, TRANSLATIONS
from aigne_hub.dialects.openai_json import IMAGES, MODERATIONS, RERANK, SPEECH
from aigne_hub.dialects.openai_responses.counts import ResponsesCount
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.dialects.openai_videos.dialect import OpenAIVideos
from aigne_hub.dialects.pictures import CalledPictures, Drawing, PictureBridge, PictureWish
from aigne_hub.dialects.seedream import Seedream
from aigne_hub.dialects.translate import CalledChat, ServedChat, Translation
from aigne_hub.dialects.videos import CalledVideos

# The dialects of chats that providers speak, by name.
CHATS: dict[str, CalledChat] = {
    dialect.name: dialect
    for dialect in (
        OpenAIChat(is_hybrid=False),
        AnthropicMessages(),
        OpenAIResponses(),
        Gemini(),
        BedrockConverse(),
    )
}
# The formats of pictures that providers have beside OpenAI's, by name.
PICTURES: dict[str, CalledPictures] = {dialect.name: dialect for dialect in (GeminiPictures(), Ideogram(), Seedream())}
# The dialects of videos that providers speak, by name.
VIDEOS: dict[str, CalledVideos] = {dialect.name: dialect for dialect in (OpenAIVideos(), GeminiVideos())}
# The dialects in which providers count a chat's tokens, by name.
COUNTS: dict[str, CalledCount] = {
    dialect.name: dialect for dialect in (AnthropicCount(), GeminiCount(), ResponsesCount())
}
_SERVED_CHATS = frozenset({*CHATS, Native.name, OpenAICompletions.name})
_SERVED_PICTURES = frozenset({IMAGES.name, IMAGE_EDITS.name})
_NOTHING = Losses()

_SMALL = (IMAGES, MODERATIONS, RERANK, SPEECH, TRANSCRIPTIONS, TRANSLATIONS, IMAGE_EDITS)

# What a provider may be said to speak.
SPOKEN = frozenset(
    {
        *CHATS,
        *PICTURES,
        *VIDEOS,
        Embeddings.name,
        GeminiEmbeddings.name,
        OpenAICompletions.name,
        *(dialect.name for dialect in _SMALL),
    }
)


class Pair(Struct, frozen=True):
    """How one call is carried: by whom, named as what, its body on the way, and what it lost in being written."""

    carrier: Dialect
    upstream: str
    body: bytes
    losses: Losses
    is_same: bool
    content_type: bytes | None = None  # of the body, when it is not JSON


def pair(served: ServedDialect, call: Call, model: str, spoken: tuple[str, ...], quirks: frozenset[str]) -> Pair:
    """How a call in `served` reaches `model` of a provider that speaks `spoken`, the preferred first.

    Its own dialect loses nothing. Of others that one carries it which loses least, and of equals the preferred.
    Raises BadRequest when the provider speaks nothing that such a call can be put into.
    """
    name = _needed(served, call)
    if name in spoken:
        carrier = cast(Dialect, served)  # what a provider may be said to speak carries itself
        return Pair(carrier, name, carrier.write_request(call, model), _NOTHING, True, call.content_type)
    found: Pair | None = None
    for carrier, upstream, losses in _others(served, spoken, quirks):
        body = carrier.write_request(call, model)
        kind = carrier.content_type if isinstance(carrier, PictureBridge) else None
        way = Pair(carrier, upstream, body, losses, False, kind)
        if found is None or len(losses.lost()) < len(found.losses.lost()):
            found = way
        if not found.losses.lost():
            return found
    if found is None:
        raise _unserved(served)
    return found


def _needed(served: ServedDialect, call: Call) -> str:
    """What a provider has to speak to take the call as it is: pictures are edited in a form, whatever the door."""
    is_edit = call.kind is Kind.image and call.content_type is not None
    return IMAGE_EDITS.name if is_edit else served.name


def _others(
    served: ServedDialect, spoken: tuple[str, ...], quirks: frozenset[str]
) -> Iterator[tuple[Dialect, str, Losses]]:
    if served.name in _SERVED_CHATS:
        for name in spoken:
            called = CHATS.get(name)
            if called is not None:
                translation = Translation(cast(ServedChat, served), called, quirks)
                yield translation, name, translation.losses
        return
    for name in spoken:
        losses = Losses()
        carrier: Dialect | None = bridge(served, name, losses)
        if served.name in _SERVED_PICTURES and name in PICTURES:
            carrier = PictureBridge(cast(Dialect, served), PICTURES[name], losses)
        if carrier is not None:
            yield carrier, name, losses


def _unserved(served: ServedDialect) -> BadRequest:
    return BadRequest(
        f"the provider of this model does not serve such calls ({served.name})", code="unsupported_call", param="model"
    )


def called_videos(spoken: tuple[str, ...]) -> CalledVideos | None:
    """The dialect in which a provider that speaks `spoken` is asked for videos; None when it makes none."""
    return next((VIDEOS[name] for name in spoken if name in VIDEOS), None)


def count_way(served: ServedCount, spoken: tuple[str, ...], quirks: frozenset[str]) -> CountWay:
    """How a count in `served` reaches a provider that speaks `spoken`, the preferred first.

    Where the provider counts in nothing it speaks, what is left is an estimate, as of a chat in its first dialect.
    """
    if served.name in spoken:
        return CountWay(served, served.name, Losses(), True)
    losses = Losses()
    for name in spoken:
        if name in COUNTS:
            return CountWay(CountTranslation(served, COUNTS[name], losses, quirks), name, losses, False)
    losses.approximated(ESTIMATED)
    for name in spoken:
        if name in CHATS:
            return CountWay(None, name, losses, False)
    raise _unserved(served)


def hello(chat: Chat, spoken: tuple[str, ...], model: str, quirks: frozenset[str]) -> Drawing:
    """The request for a chat of the hub's own, in the provider's preferred chat dialect.

    Who only draws is asked for a picture. Raises BadRequest when it does neither.
    """
    for name in spoken:
        dialect = CHATS.get(name)
        if dialect is not None:
            call = Call(Kind.chat, model, b"")
            return Drawing(dialect.path(call, model), dialect.write_chat(chat, call, model, Losses(), quirks))
    for name in spoken:
        if name in PICTURES:
            return PICTURES[name].write_wish(PictureWish("A cat", {"quality": "low"}), model, Losses())
    raise BadRequest("this provider speaks no chat dialect that its credential could be tried in", param="dialects")
