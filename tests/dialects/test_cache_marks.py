"""Marks of what to cache: each format's words for how long, who takes them, and how many."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects import cache_marks
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat, Message, Role, Text, Tool, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.pairing import CHATS
from aigne_hub.providers.known import quirks_of

BREAK = {"mode": "explicit"}
HI = Message(Role.user, (Text("hi"),))


def said(*parts: Text, role: Role = Role.user) -> Message:
    return Message(role, parts)


def written(dialect: str, provider: str, model: str, *messages: Message, **rest: Any) -> tuple[dict[str, Any], str]:
    losses = Losses()
    call = Call(Kind.chat, model, b"")
    body = CHATS[dialect].write_chat(Chat(messages, **rest), call, model, losses, quirks_of(provider))
    return json.loads(body), losses.header()


def read(dialect: str, **request: Any) -> Chat:
    body = json.dumps({"model": "m", **request}).encode()
    chat: Chat = CHATS[dialect].read_chat(Call(Kind.chat, "m", body))  # type: ignore[attr-defined]
    return chat


@pytest.mark.parametrize(
    ("life", "mark", "lost"),
    [
        ("5m", BREAK, "cache_control=approximated"),
        ("30m", BREAK, ""),
        ("1h", BREAK, "cache_control=approximated"),
        ("12h", {**BREAK, "ttl": "12h"}, ""),
    ],
)
def test_openai_is_told_in_its_own_words(life: str, mark: dict[str, str], lost: str) -> None:
    message = said(Text("long", cache=life), Text("hi"))
    chat, chat_lost = written("openai_chat", "openai", "gpt-5.6", message)
    first, second = chat["messages"][0]["content"]
    assert (first, second) == (
        {"type": "text", "text": "long", "prompt_cache_breakpoint": mark},
        {"type": "text", "text": "hi"},
    )
    response, response_lost = written("openai_responses", "openai", "gpt-5.6", message)
    assert response["input"][0]["content"][0]["prompt_cache_breakpoint"] == mark
    assert (chat_lost, response_lost) == (lost, lost)


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-5.5"),
        ("openai", "gpt-4.1-nano"),
        ("openai", "gpt-35-turbo"),
        ("openai", "o3"),
        ("azure", "gpt-5.6"),
        ("groq", "openai/gpt-oss-120b"),
        ("my-vllm", "gpt-5.6"),
    ],
)
def test_whoever_may_not_know_a_mark_gets_none(dialect: str, provider: str, model: str) -> None:
    request, lost = written(dialect, provider, model, said(Text("x", cache="30m")))
    assert "cache" not in json.dumps(request)
    assert lost == "cache_control=approximated"


@pytest.mark.parametrize("model", ["gpt-5.6", "gpt-5.6-terra", "gpt-5.10", "gpt-6", "ft:gpt-5.6:me"])
def test_every_model_from_5_6_on_takes_marks(model: str) -> None:
    assert cache_marks.breakpoint_marker(quirks_of("openai"), model) is not None


def test_a_marked_system_message_stays_a_message() -> None:
    """Instructions take no marks."""
    request, lost = written("openai_responses", "openai", "gpt-5.6", said(Text("x", "30m"), role=Role.system), HI)
    assert "instructions" not in request
    assert (request["input"][0]["role"], lost) == ("system", "")
    request, _ = written("openai_responses", "openai", "gpt-5.5", said(Text("x", "30m"), role=Role.system), HI)
    assert request["instructions"] == "x"


def test_a_mark_on_a_tool_s_result_stands_at_its_end() -> None:
    use = Message(Role.assistant, (ToolUse("c1", "f", "{}"),))
    result = Message(Role.tool, (ToolResult("c1", (Text("a", "30m"), Text("b"))),))
    chat, lost = written("openai_chat", "openai", "gpt-5.6", HI, use, result)
    assert chat["messages"][2]["content"] == [{"type": "text", "text": "a\nb", "prompt_cache_breakpoint": BREAK}]
    response, _ = written("openai_responses", "openai", "gpt-5.6", HI, use, result)
    assert response["input"][2]["output"][-1] == {"type": "input_text", "text": "b", "prompt_cache_breakpoint": BREAK}
    bedrock, _ = written("bedrock_converse", "bedrock", "m", HI, use, result)
    assert [*bedrock["messages"][2]["content"][1]] == ["cachePoint"]
    assert lost == ""


def test_what_takes_no_mark_is_told() -> None:
    spoken = said(Text("x", "1h"), role=Role.assistant)
    used = Message(Role.assistant, (ToolUse("c1", "f", "{}", cache="1h"),))
    for dialect in ("openai_chat", "openai_responses"):
        for provider in ("openai", "openrouter"):
            for message in (spoken, used):
                assert written(dialect, provider, "gpt-5.6", HI, message)[1] == "cache_control=approximated"
            assert written(dialect, provider, "gpt-5.6", HI, tools=(Tool("f", cache="5m"),))[1]


def test_a_mark_of_an_hour_goes_to_who_knows_hours() -> None:
    marked = said(Text("x", cache="1h"))
    for provider, mark, lost in (
        ("openrouter", {"type": "ephemeral", "ttl": "1h"}, ""),
        ("dashscope", {"type": "ephemeral"}, "cache_control=approximated"),
    ):
        request, told = written("openai_chat", provider, "qwen-plus", marked)
        assert request["messages"][0]["content"][0]["cache_control"] == mark
        assert told == lost


@pytest.mark.parametrize("life", ["30m", "12h"])
def test_anthropic_keeps_no_less_than_was_asked_for(life: str) -> None:
    request, lost = written("anthropic_messages", "anthropic", "claude-sonnet-4-6", said(Text("x", life)), max_output=9)
    assert request["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert lost == "cache_control=approximated"


@pytest.mark.parametrize(
    ("dialect", "provider", "name"),
    [
        ("anthropic_messages", "anthropic", "cache_control"),
        ("bedrock_converse", "bedrock", "cachePoint"),
        ("openai_chat", "openrouter", "cache_control"),
    ],
)
def test_of_more_marks_than_are_taken_the_last_are_kept(dialect: str, provider: str, name: str) -> None:
    """Anthropic refuses a fifth, and OpenAI's callers may set eighty."""
    messages = [said(Text(f"{i}", cache="1h")) for i in range(6)]
    request, lost = written(dialect, provider, "m", *messages, max_output=9)
    assert json.dumps(request).count(name) == cache_marks.MOST_MARKS
    assert json.dumps(request).index(name) > json.dumps(request).index('"1"')
    assert lost == "cache_control=approximated"
    assert written(dialect, provider, "m", *messages[:4], max_output=9)[1] == ""


def test_what_is_cached_unasked_is_a_mark_too() -> None:
    messages = [said(Text(f"{i}", cache="1h")) for i in range(4)]
    request, _ = written("anthropic_messages", "anthropic", "m", *messages, max_output=9, auto_cache="1h")
    assert json.dumps(request).count("cache_control") == cache_marks.MOST_MARKS


@pytest.mark.parametrize(
    ("said_of_all", "mark", "life"),
    [
        ({}, BREAK, "30m"),
        ({"prompt_cache_options": {"mode": "implicit", "ttl": "12h"}}, BREAK, "12h"),
        ({"prompt_cache_options": {"ttl": "12h"}}, {**BREAK, "ttl": "30m"}, "30m"),
    ],
)
def test_openai_s_marks_are_read(said_of_all: dict[str, Any], mark: dict[str, str], life: str) -> None:
    marked = {"text": "x", "prompt_cache_breakpoint": mark}
    chat = read("openai_chat", messages=[{"role": "user", "content": [{"type": "text", **marked}]}], **said_of_all)
    of_response = read(
        "openai_responses", input=[{"role": "user", "content": [{"type": "input_text", **marked}]}], **said_of_all
    )
    assert chat == of_response == Chat((said(Text("x", cache=life)),))


def test_what_openai_s_options_say_beyond_that_is_told() -> None:
    options = {"mode": "explicit", "comparison_response_id": "r"}
    for dialect, name in (("openai_chat", "messages"), ("openai_responses", "input")):
        chat = read(dialect, **{name: [{"role": "user", "content": "x"}]}, prompt_cache_options=options)
        assert set(chat.unknown) == {"prompt_cache_options.mode", "prompt_cache_options.comparison_response_id"}


def test_every_part_of_a_chat_may_be_marked() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_id": "f"}},
        {"type": "video_url", "video_url": {"url": "https://x.example/a.mp4"}},
    ]
    marked = [{**part, "prompt_cache_breakpoint": BREAK} for part in parts]
    (message,) = read("openai_chat", messages=[{"role": "user", "content": marked}]).messages
    assert [part.cache for part in message.parts] == ["30m"] * 4  # type: ignore[union-attr]
