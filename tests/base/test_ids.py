"""Tests of base/ids.py."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.ids import EPOCH_MS, IDS_PER_DAY, KEY_PREFIX, IdSource, first_id_at, ms_of, new_key

NOW_MS = 1_760_000_000_000


@given(st.lists(st.floats(-5, 5), max_size=50), st.integers(0, 5000))
def test_ids_only_grow_also_when_the_clock_steps_back(steps: list[float], node: int) -> None:
    clock = StoppedClock(NOW_MS)
    source = IdSource(clock, node)
    made = [source.new()]
    for step in steps:
        clock.advance(step)
        made += [source.new(), source.new()]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_more_ids_than_a_millisecond_holds_are_still_unique_and_ordered() -> None:
    source = IdSource(StoppedClock(NOW_MS), 1)
    made = [source.new() for _ in range(10_000)]
    assert made == sorted(set(made))


@given(st.integers(0, 1023), st.integers(0, 1023), st.integers(1, 200))
def test_two_nodes_never_make_the_same_id(one: int, other: int, count: int) -> None:
    clock = StoppedClock(NOW_MS)
    first, second = IdSource(clock, one), IdSource(clock, other)
    shared = {first.new() for _ in range(count)} & {second.new() for _ in range(count)}
    assert bool(shared) == (one == other)


@given(st.integers(EPOCH_MS + 1, EPOCH_MS + 2**41 - 1), st.integers(0, 1023))
def test_an_id_tells_when_it_was_made_and_fits_63_bits(now_ms: int, node: int) -> None:
    made = IdSource(StoppedClock(now_ms), node).new()
    assert ms_of(made) == now_ms
    assert first_id_at(now_ms) <= made < first_id_at(now_ms + 1)
    assert 0 < made < 2**63


def test_no_id_can_be_older_than_the_epoch() -> None:
    assert first_id_at(0) == 0


def test_a_time_after_all_ids_still_fits_a_column() -> None:
    assert first_id_at(99_999_999_999_000) == 2**63 - 1


@given(st.integers(EPOCH_MS + 1, EPOCH_MS + 2**41 - 1))
def test_an_id_tells_its_day_in_utc(now_ms: int) -> None:
    made = IdSource(StoppedClock(now_ms), 1).new()
    assert ms_of(made // IDS_PER_DAY * IDS_PER_DAY) == now_ms // 86_400_000 * 86_400_000


def test_access_keys_are_recognisable_distinct_and_without_dots() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith(KEY_PREFIX) and len(key) == len(KEY_PREFIX) + 43 and "." not in key for key in keys)
