"""Pictures of a chat that are at addresses: found wherever they stand, and replaced by their bytes."""

from __future__ import annotations

from msgspec import structs

from aigne_hub.dialects.addresses import filled, picture_urls, takes_no_addresses
from aigne_hub.dialects.chat import Chat, Media, MediaKind, Message, Role, Text, ToolResult
from aigne_hub.dialects.inlined import InlineFile
from tests.dialects.chats import PICTURE, PIXEL

SHOWN = Media(MediaKind.image, url="https://x.example/a", detail="low", cache="5m")
OTHER = Media(MediaKind.image, url="http://x.example/b")
ELSEWHERE = (
    Media(MediaKind.image, url="s3://bucket/a"),
    Media(MediaKind.video, url="https://x.example/film"),
    Media(MediaKind.file, url="https://x.example/a"),
    PICTURE,
    Text("https://x.example/text"),
)
CHAT = Chat(
    (
        Message(Role.user, (Text("Look."), SHOWN, *ELSEWHERE)),
        Message(Role.tool, (ToolResult("c1", (OTHER, SHOWN)),)),
    )
)


def test_pictures_are_found_once_each() -> None:
    assert picture_urls(CHAT) == ["https://x.example/a", "http://x.example/b"]
    assert picture_urls(Chat((Message(Role.user, ELSEWHERE),))) == []


def test_they_are_put_where_their_addresses_stood() -> None:
    found = filled(CHAT, {"https://x.example/a": InlineFile(PIXEL, "image/png", "0.png")})
    shown = structs.replace(SHOWN, url=None, data=PIXEL, mime="image/png")
    assert found.messages[0].parts == (Text("Look."), shown, *ELSEWHERE)
    assert found.messages[1].parts == (ToolResult("c1", (OTHER, shown)),)
    assert CHAT.messages[0].parts[1] is SHOWN


def test_bedrock_alone_is_sent_bytes() -> None:
    assert takes_no_addresses(("bedrock_converse",))
    assert not takes_no_addresses(("openai_chat", "gemini"))
