"""docs/fidelity.md says what the hub does, and nothing becomes worse unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.pairing import CHATS
from aigne_hub.dialects.showing import OF_ANSWER
from tests.dialects import answer_features, fidelity_answers, fidelity_media
from tests.dialects.features import FEATURES
from tests.dialects.fidelity_page import CALLERS, can_say, page, read, same, verdict, written

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"


def test_the_page_is_what_trying_it_gives() -> None:
    assert page() == PAGE.read_text(), "run: python -m tests.dialects.fidelity_page > docs/fidelity.md"


def test_what_every_provider_must_be_told_is_carried_everywhere() -> None:
    for feature in ("text", "system message", "image, inline", "tools", "tool choice: any", "tool round"):
        for called in CHATS:
            assert verdict(called, feature) == "carried", (called, feature)
        for caller in CALLERS:
            assert can_say(caller, feature), (caller, feature)


def test_nothing_is_lost_without_a_word() -> None:
    """Whatever does not come out as it went in is told of; `approximated` by comparison alone would be silent."""
    silent = []
    for called in set(CHATS) & set(CALLERS):
        for name, feature in FEATURES.items():
            losses, chat = Losses(), feature(called)
            body = written(called, chat, losses)
            if not losses.lost() and not same(read(called, body), chat):
                silent.append((called, name))
    assert silent == []


@pytest.mark.parametrize("is_stream", [False, True])
def test_of_an_answer_nothing_is_lost_without_a_word_and_nothing_told_that_is_not_lost(is_stream: bool) -> None:
    wrong = []
    for door in fidelity_answers.DOORS:
        for name, feature in answer_features.FEATURES.items():
            _, losses = fidelity_answers.shown(door, feature.answer, is_stream=is_stream)
            told = {f"{OF_ANSWER}{thing}": losses.items().get(OF_ANSWER + thing) for thing in feature.things}
            is_shown = fidelity_answers.is_shown(door, feature, is_stream=is_stream)
            if is_shown is ("dropped" in told.values()):
                wrong.append((door, name, is_shown, told))
    assert wrong == []


@pytest.mark.parametrize("door", fidelity_answers.DOORS)
@pytest.mark.parametrize("is_stream", [False, True])
def test_a_plain_answer_loses_nothing(door: str, is_stream: bool) -> None:
    body, losses = fidelity_answers.shown(door, answer_features.PLAIN, is_stream=is_stream)
    assert b"Well" in body
    assert not losses


def test_what_every_caller_must_see_is_carried_to_all_that_have_chats() -> None:
    for name in ("text", "thoughts", "tool use", "seal of thoughts before a tool use", "seal of a tool use"):
        for door in set(fidelity_answers.DOORS) - {"openai_completions"}:
            for is_stream in (False, True):
                feature = answer_features.FEATURES[name]
                assert fidelity_answers.verdict(door, feature, is_stream=is_stream) == "carried", (door, name)


@pytest.mark.parametrize("dialect", fidelity_answers.OWN)
def test_what_a_provider_says_in_its_own_words_is_told(dialect: str) -> None:
    assert fidelity_answers.unknown_to_all(dialect)


@pytest.mark.parametrize("title", fidelity_media.TABLES)
def test_no_wish_for_a_picture_a_video_or_an_embedding_is_lost_without_a_word(title: str) -> None:
    wishes, plain, told = fidelity_media.TABLES[title]
    verdicts = {(who, name): fidelity_media.verdict(told[who], wishes[name], plain) for who in told for name in wishes}
    assert [place for place, found in verdicts.items() if found == "silent"] == []
    first = next(iter(wishes))
    assert all(verdicts[who, first] == "carried" for who in told)
