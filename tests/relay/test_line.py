"""Who of a pool offers itself next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from aigne_hub.catalog.entries import Target
from aigne_hub.relay.line import choice, usable
from aigne_hub.relay.turns import Turns
from tests.relay.test_plan import Sick, ids_of, pool_of


def test_a_line_begins_where_it_is_told_and_passes_over_who_cannot_be_used() -> None:
    conditions, pool = Sick({10_001: 0}), pool_of(1, [100, 100, 100, 0])
    assert ids_of(list(usable(pool, conditions, 2, 4))) == [10_002, 10_000]


def test_another_pool_offers_one_and_keeps_the_others_for_later() -> None:
    left: list[Iterator[Target]] = []
    pool = pool_of(1, [100, 100])
    assert ids_of(list(choice(pool, Sick({}), Turns(), left))) == [10_000]
    assert ids_of(list(islice(left[0], 5))) == [10_001]
    assert list(choice(pool_of(2, [100]), Sick({20_000: 0}), Turns(), left)) == []
