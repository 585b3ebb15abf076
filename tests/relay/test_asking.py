"""What a route looks at in a call."""

from __future__ import annotations

import json
from dataclasses import replace

from aigne_hub.access.identity import Caller, Means, Role, User, UserId
from aigne_hub.catalog.entries import Condition, Route
from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.relay.asking import BEGINNING, ask_of, beginning_of, tags_of
from tests.relay.test_tiers import lane, route_of

ME = Caller(User(UserId(1), "M", None, Role.member, 0, None), Role.member, Means.key, 77)
STICKY = route_of([lane(1)], is_sticky=True)


def body(*said: str, **more: object) -> bytes:
    messages = [{"role": "user", "content": one} for one in said]
    return json.dumps({**more, "model": "m", "messages": messages}).encode()


def test_where_no_operator_made_the_route_nobody_looks() -> None:
    call = OpenAIChat(is_hybrid=False).read_request(body("hi"), accepts_stream=False)
    assert ask_of(Route("m", route_of([lane(1)]).pools), ME, call, OpenAIChat(is_hybrid=False), b"a") is None


def test_a_call_is_seen_as_far_as_its_route_looks() -> None:
    told = body("hi", tools=[{"type": "function", "function": {"name": "f"}}], stream=True)
    call = OpenAIChat(is_hybrid=False).read_request(told, accepts_stream=False)
    plain = ask_of(route_of([lane(1)]), ME, call, OpenAIChat(is_hybrid=False), b" a ,, b")
    assert plain is not None
    assert (plain.is_stream, plain.has_tools, plain.size) == (True, False, len(call.body))
    assert (plain.key_id, plain.tags, plain.beginning) == ("77", frozenset({"a", "b"}), None)
    asking = replace(route_of([lane(1, when=Condition(tools=True))]), asks_for_tools=True)
    seen = ask_of(asking, ME, call, OpenAIChat(is_hybrid=False), b"")
    assert seen is not None and seen.has_tools and call.kind is Kind.chat


def test_a_token_is_no_key() -> None:
    call = OpenAIChat(is_hybrid=False).read_request(body("hi"), accepts_stream=False)
    caller = Caller(ME.user, ME.role, Means.token, 77)
    ask = ask_of(STICKY, caller, call, OpenAIChat(is_hybrid=False), b"")
    assert ask is not None and ask.key_id is None


def test_the_next_turn_of_a_conversation_begins_as_the_one_before() -> None:
    long = "once upon a time " * (BEGINNING // 16)
    first, second = body(long, user="u1"), body(long, "and then?", user="another")
    assert beginning_of(77, "m", first) == beginning_of(77, "m", second) is not None
    assert len({beginning_of(*one) for one in ((77, "m", first), (78, "m", first), (77, "n", first))}) == 3
    assert beginning_of(77, "m", body("x" + long)) != beginning_of(77, "m", first)


def test_what_is_short_or_no_conversation_is_warm_nowhere() -> None:
    assert beginning_of(77, "m", body("hi")) is None
    assert beginning_of(77, "m", b"x" * 10_000) is None


def test_tags_are_few() -> None:
    assert tags_of(b"a," * 10_000) == {"a"}
    assert len(tags_of(b",".join(b"%d" % n for n in range(10_000)))) < 400
