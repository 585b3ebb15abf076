"""The middle tells what was not said from what was said to be nothing."""

from __future__ import annotations

from aigne_hub.dialects.chat import Chat, Message, Role, Text


def test_not_said_is_not_zero() -> None:
    said = Chat((Message(Role.user, (Text("hi"),)),), temperature=0, top_k=0, parallel_tools=False)
    assert said != Chat((Message(Role.user, (Text("hi"),)),))
    assert (said.seed, said.n, said.logprobs) == (None, None, None)
