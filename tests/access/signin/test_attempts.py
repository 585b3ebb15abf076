"""How often a password may be tried: slower for a guesser, never shut for its owner."""

from __future__ import annotations

import pytest

from aigne_hub.access.signin.attempts import Attempts
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import TooMany

ADA, HERE = "ada@example.com", "192.0.2.1"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


def wait(attempts: Attempts, account: str = ADA, address: str = HERE, *, is_known: bool = False) -> int:
    """Seconds to wait before a try; 0 when it was taken."""
    try:
        attempts.begin(account, address, is_known_device=is_known)
    except TooMany as refused:
        assert refused.retry_after is not None
        return refused.retry_after
    return 0


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    assert [wait(attempts) for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(12):
        waits.append(wait(attempts))
        clock.advance(waits[-1])
        assert wait(attempts) == 0
    assert waits[:4] == [2, 3, 5, 9]
    assert max(waits) <= 901


def test_a_refused_try_does_not_make_the_wait_longer(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    for _ in range(5):
        wait(attempts)
    assert [wait(attempts) for _ in range(50)] == [2] * 50


def test_success_forgets(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    for _ in range(5):
        wait(attempts)
    attempts.succeeded(ADA, HERE, is_known_device=False)
    assert [wait(attempts) for _ in range(5)] == [0] * 5


def test_one_address_cannot_try_many_accounts(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    assert [wait(attempts, f"u{n}@example.com") for n in range(30)] == [0] * 30
    assert wait(attempts, "u31@example.com") > 60
    assert wait(attempts, "u31@example.com", "192.0.2.2") == 0
    clock.advance(901)
    assert wait(attempts, "u31@example.com") == 0


def test_many_addresses_cannot_lock_an_owner_out(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    for n in range(100):
        assert wait(attempts, ADA, f"198.51.100.{n}") == 0
    assert wait(attempts, ADA, "203.0.113.9") > 0
    assert wait(attempts, ADA, "203.0.113.10", is_known=True) == 0


def test_a_known_device_is_not_held_up_by_guesses_from_its_own_address_but_by_its_own(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    for n in range(40):
        wait(attempts, ADA if n < 10 else f"u{n}@example.com")
    assert wait(attempts) > 60
    assert [wait(attempts, is_known=True) for _ in range(6)] == [0] * 5 + [2]
    attempts.succeeded(ADA, HERE, is_known_device=True)
    assert wait(attempts, is_known=True) == 0
    assert wait(attempts) > 60


def test_a_flood_of_names_takes_bounded_memory(clock: StoppedClock) -> None:
    attempts = Attempts(clock)
    for n in range(60_000):
        clock.advance(0.1)
        wait(attempts, f"u{n}@example.com", f"address {n}")
    assert len(attempts._pairs) <= 50_000
