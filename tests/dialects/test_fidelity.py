"""What is lost is said once, in a header that is one."""

from __future__ import annotations

from aigne_hub.dialects.fidelity import Losses


def test_losses_are_listed_in_a_header_and_named_once() -> None:
    losses = Losses()
    assert not losses
    losses.dropped("top_k")
    losses.approximated("reasoning_effort")
    losses.invented("max_tokens")
    losses.dropped("top_k")
    assert losses
    assert losses.header() == "top_k, reasoning_effort=approximated, max_tokens=invented"
    assert losses.items() == {"top_k": "dropped", "reasoning_effort": "approximated", "max_tokens": "invented"}


def test_what_was_invented_takes_nothing_away_from_a_strict_caller() -> None:
    losses = Losses()
    losses.invented("max_tokens")
    assert losses.lost() == []
    losses.dropped("seed")
    assert losses.lost() == ["seed"]


def test_a_callers_own_names_cannot_break_the_header_nor_fill_it() -> None:
    losses = Losses()
    losses.dropped("x\r\nset-cookie: a=b, c")
    assert losses.header() == "x__set-cookie__a_b__c"
    for n in range(1000):
        losses.dropped(f"field{n}")
    assert len(losses.items()) == 50
