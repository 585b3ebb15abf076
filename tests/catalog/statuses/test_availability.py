"""What a worker's calls find of models: only changes are noticed, and only of models that are listed."""

from __future__ import annotations

from aigne_hub.base.clock import StoppedClock
from aigne_hub.catalog.entries import Target
from aigne_hub.catalog.statuses.availability import CONFIRMED_MS, MOST_WAITING, Availability
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.catalog.statuses.entries import Fault, ModelStatus
from aigne_hub.dialects.call import Kind
from tests.relay.worlds import overloaded, refused, target_of, throttled

ONE = target_of(1, 1)


class World:
    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.board = StatusBoard()
        self.memory = Availability(self.board, self.clock, self._kind)

    @staticmethod
    def _kind(target: Target) -> Kind | None:
        return None if target.model == "unlisted" else Kind.chat

    def noticed(self) -> list[tuple[str, str | None]]:
        return [(one.model, None if one.fault is None else one.fault.code) for one in self.memory.noticed()]

    def keep_down(self) -> None:
        """As the board is after what was noticed has been written down."""
        now_ms, key = self.clock.now_ms(), (ONE.provider.id, ONE.model)
        status = ModelStatus(*key, Kind.chat, Fault("Model Unavailable", "down"), now_ms, now_ms)
        self.board.down = {key: status}
        self.memory.settle(self.memory.noticed())
        self.memory.settle(())


def test_a_failure_is_noticed_once_until_it_is_written_down() -> None:
    world = World()
    world.memory.succeeded(ONE)
    assert world.noticed() == []
    for _ in range(3):
        world.memory.failed(ONE, overloaded())
    assert world.noticed() == [("m", "Model Unavailable")]
    world.keep_down()
    world.memory.failed(ONE, overloaded())
    assert world.noticed() == []


def test_a_success_is_noticed_where_the_model_is_down() -> None:
    world = World()
    world.keep_down()
    world.memory.succeeded(target_of(2, 2))
    assert world.noticed() == []
    world.memory.succeeded(ONE)
    assert world.noticed() == [("m", None)]
    world.memory.failed(ONE, overloaded())
    assert world.noticed() == []  # it is as everybody knows


def test_what_fails_and_succeeds_at_once_is_not_told() -> None:
    world = World()
    world.memory.failed(ONE, refused())
    world.memory.succeeded(ONE)
    assert world.noticed() == []


def test_what_is_down_for_long_is_confirmed_now_and_then() -> None:
    world = World()
    world.keep_down()
    world.clock.advance(CONFIRMED_MS / 1000 - 1)
    world.memory.failed(ONE, refused())
    assert world.noticed() == []
    world.clock.advance(1)
    world.memory.failed(ONE, refused())
    assert world.noticed() == [("m", "Invalid API Key")]


def test_what_happens_while_it_is_written_down_is_not_lost() -> None:
    world = World()
    world.memory.failed(ONE, overloaded())
    first = world.memory.noticed()
    world.memory.failed(ONE, refused())
    world.memory.settle(first)
    assert world.noticed() == [("m", "Invalid API Key")]


def test_a_success_is_noticed_before_the_board_shows_what_was_just_written() -> None:
    world = World()
    world.memory.failed(ONE, overloaded())
    world.memory.settle(world.memory.noticed())
    world.memory.succeeded(ONE)
    assert world.noticed() == [("m", None)]


def test_names_that_nobody_lists_and_busy_providers_are_not_noticed_and_there_is_a_limit() -> None:
    world = World()
    world.memory.failed(target_of(1, 1, "unlisted"), overloaded())
    world.memory.failed(ONE, throttled())
    assert world.noticed() == []
    for number in range(MOST_WAITING + 5):
        world.memory.failed(target_of(1, 1, f"m{number}"), overloaded())
    assert len(world.noticed()) == MOST_WAITING
