"""Where prompts are warm, and for how long."""

from __future__ import annotations

from aigne_hub.base.clock import StoppedClock
from aigne_hub.relay import affinity as rules
from aigne_hub.relay.affinity import Affinity
from tests.relay.worlds import target_of


def test_a_prompt_is_warm_where_it_was_answered_last_for_five_minutes() -> None:
    clock = StoppedClock()
    affinity = Affinity(clock)
    affinity.note(1, target_of(1, 11))
    clock.advance(rules.WARM_S - 1)
    affinity.note(1, target_of(2, 22, "n"))
    place = affinity.of(1)
    assert place is not None
    assert (place.provider_id, place.model, place.credential_id) == (2, "n", 22)
    clock.advance(rules.WARM_S)
    assert (affinity.of(1), affinity.of(2)) == (None, None)


def test_the_longest_quiet_one_is_forgotten_first() -> None:
    affinity = Affinity(StoppedClock())
    for number in range(rules.MOST_REMEMBERED):
        affinity.note(number, target_of(1, 1))
    affinity.note(0, target_of(1, 1))
    affinity.note(-1, target_of(1, 1))
    assert len(affinity._places) == rules.MOST_REMEMBERED
    assert (affinity.of(1), affinity.of(0) is None, affinity.of(-1) is None) == (None, False, False)
