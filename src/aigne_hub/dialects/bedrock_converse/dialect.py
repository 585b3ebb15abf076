"""Converse as a provider takes it lives here."""

from __future__ import annotations

from urllib.parse import quote

from aigne_hub.dialects.bedrock_converse import answers
from aigne_hub.dialects.bedrock_converse.write_request import NAME, write_chat
from aigne_hub.dialects.call import Call
from aigne_hub.dialects.chat import Answer, Chat
from aigne_hub.dialects.fidelity import Losses


class BedrockConverse:
    """Converse and ConverseStream."""

    name = NAME

    def path(self, call: Call, model: str) -> bytes:
        """The model's id may be an ARN, whose colons and slashes are encoded."""
        return f"/model/{quote(model, safe='')}/converse{'-stream' if call.is_stream else ''}".encode()

    def write_chat(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes:
        return write_chat(chat, model, losses)

    def read_answer(self, body: bytes) -> Answer:
        return answers.read_answer(body)

    def open_reader(self) -> answers.Reader:
        return answers.Reader()
