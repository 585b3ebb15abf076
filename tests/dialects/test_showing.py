"""What a dialect lacks is told of an answer once, whole or streamed, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from aigne_hub.dialects.chat import Event, Finish, Text, TextPiece, Thinking, Unknown
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, Showing
from tests.dialects.answer_features import FEATURES, PLAIN, SEAL, USE, Feature, answer, streamed

EVERY = {thing for feature in FEATURES.values() for thing in feature.things}


def noted(lacks: dict[str, str], said: Any, *, in_pieces: bool) -> dict[str, str]:
    losses = Losses()
    showing = Showing(lacks, losses)
    if in_pieces:
        for event in streamed(said):
            showing.events([event])
    else:
        showing.answer(said)
    return losses.items()


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize("feature", [one for one in FEATURES.values() if one.things], ids=lambda one: one.things[-1])
def test_each_thing_is_told_by_its_name(feature: Feature, in_pieces: bool) -> None:
    for thing in feature.things:
        assert noted({thing: DROPPED}, feature.answer, in_pieces=in_pieces) == {f"answer.{thing}": "dropped"}
        assert noted({thing: APPROXIMATED}, feature.answer, in_pieces=in_pieces) == {f"answer.{thing}": "approximated"}
    others = dict.fromkeys(EVERY - {"candidates"}, DROPPED)
    assert noted({}, feature.answer, in_pieces=in_pieces) == {}
    assert noted(others, PLAIN, in_pieces=in_pieces) == {}


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_seal_belongs_to_the_tools_it_led_to(in_pieces: bool) -> None:
    lacks = {"thinking.seal": DROPPED}
    led = answer(Thinking("Hm", SEAL), USE, finish=Finish.tools)
    assert noted(lacks, led, in_pieces=in_pieces) == {}
    assert noted(lacks, answer(Thinking("Hm", SEAL), Text("Well")), in_pieces=in_pieces) == {
        "answer.thinking.seal": "dropped"
    }


def test_what_the_middle_has_no_word_for_is_lost_to_whoever_asks() -> None:
    losses = Losses()
    Showing({}, losses).answer(replace(PLAIN, unknown=("server_tool_use",)))
    events: list[Event] = [TextPiece("x"), Unknown("executableCode")]
    Showing({}, losses).events(events)
    assert losses.header() == "answer.server_tool_use, answer.executableCode"
