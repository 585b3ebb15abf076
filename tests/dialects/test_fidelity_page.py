"""docs/fidelity.md says what the hub does, and nothing becomes worse unseen."""

from __future__ import annotations

from pathlib import Path

from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.pairing import CHATS
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
