"""What a worker remembers of its targets, rule by rule, on a stopped clock."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import CredentialState, Target
from aigne_hub.relay import health as rules
from tests.relay.worlds import World, overloaded, refused, target_of, throttled

A, B = target_of(1, 1), target_of(1, 2)
OTHER = target_of(2, 3)


@pytest.fixture
def world() -> World:
    return World([A, B, OTHER])


def state(world: World, target: Target) -> CredentialState:
    return world.health.state_of(target.credential_id, target.provider.id, target.credential_ms)


def test_what_is_well_counts_what_it_was_given(world: World) -> None:
    assert [world.weight(A, given) for given in (0, 1, 100, 1000)] == [0, 1, 100, 1000]
    world.health.succeeded(A)
    assert (state(world, A), world.health.soonest(), world.health.soonest([A])) == (CredentialState.active, None, 0)


def test_a_throttled_credential_counts_a_tenth_for_three_minutes(world: World) -> None:
    world.health.failed(A, throttled())
    assert [world.weight(A, given) for given in (0, 1, 9, 100, 1000)] == [0, 1, 1, 10, 100]
    assert (world.weight(B), world.weight(OTHER)) == (100, 100)
    assert (state(world, A), state(world, B)) == (CredentialState.throttled, CredentialState.active)
    world.later(179.9)
    assert world.weight(A) == 10
    world.later(0.1)
    assert (world.weight(A), state(world, A)) == (100, CredentialState.active)


def test_it_counts_nothing_for_as_long_as_its_provider_asked(world: World) -> None:
    world.health.failed(A, throttled(20))
    assert (world.weight(A), state(world, A), world.weight(B)) == (0, CredentialState.cooling, 100)
    assert (world.health.soonest(), world.health.soonest([A]), world.health.soonest([A, B])) == (20, 20, 0)
    world.health.succeeded(A)  # of a call that was begun before
    world.later(19.9)
    world.health.succeeded(A)
    assert world.weight(A) == 0
    world.later(0.1)
    assert (world.weight(A), state(world, A)) == (10, CredentialState.throttled)
    world.later(160)
    assert world.weight(A) == 100


@pytest.mark.parametrize(("asked", "waits"), [(300, 300), (86_400, 3600)])
def test_long_waits_are_kept_within_reason(world: World, asked: int, waits: float) -> None:
    world.health.failed(A, throttled(asked))
    assert world.health.soonest([A]) == waits
    world.later(waits)
    assert world.weight(A) == 100


def test_a_shorter_wait_does_not_end_a_longer_one(world: World) -> None:
    world.health.failed(A, throttled(60))
    world.health.failed(A, throttled(1))
    world.health.failed(A, throttled())
    assert world.health.soonest([A]) == 60


def test_a_success_ends_the_throttle_but_not_one_of_a_call_begun_before(world: World) -> None:
    world.health.failed(A, throttled())
    world.health.succeeded(A)
    assert world.weight(A) == 10
    world.later(rules.SETTLE_S)
    world.health.succeeded(B)
    assert world.weight(A) == 10
    world.health.succeeded(A)
    assert world.weight(A) == 100


def test_a_provider_without_another_credential_cools_down_but_for_one_try_at_a_time() -> None:
    world = World([A, OTHER])
    world.health.failed(A, throttled())
    assert (world.weight(A), world.weight(OTHER), state(world, A)) == (0, 100, CredentialState.cooling)
    assert world.health.soonest([A]) == 5
    world.later(5)
    assert [world.weight(A) for _ in range(3)] == [10, 10, 10]
    world.health.began(A)
    assert world.weight(A) == 0
    world.later(10)
    assert world.weight(A) == 0
    world.health.failed(A, throttled())
    world.later(5)
    assert world.weight(A) == 10
    world.health.began(A)
    world.health.succeeded(A)
    assert world.weight(A) == 100


def test_a_provider_cools_down_when_the_last_of_its_credentials_is_throttled(world: World) -> None:
    world.health.failed(A, throttled())
    assert world.weight(B) == 100
    world.health.failed(B, throttled())
    assert (world.weight(A), world.weight(B), world.weight(OTHER)) == (0, 0, 100)
    world.later(5)
    assert [world.weight(A), world.weight(B)] == [10, 10]
    world.health.began(A)
    assert [world.weight(A), world.weight(B)] == [0, 0]


@pytest.mark.parametrize(("times", "seconds"), [(1, 90), (2, 90), (3, 180), (9, 180)])
def test_it_cools_for_longer_after_three_refusals(times: int, seconds: float) -> None:
    world = World([A])
    for _ in range(times):
        world.health.failed(A, throttled())
    world.later(seconds - 0.1)
    assert world.weight(A) == 10  # the one try
    world.health.began(A)
    assert world.weight(A) == 0
    world.later(0.1)
    world.health.began(A)
    assert world.weight(A) > 0


def test_a_cool_down_that_began_with_a_try_still_ends_in_time() -> None:
    world = World([A])
    world.health.failed(A, throttled())
    world.later(80)
    assert world.weight(A) == 10
    world.health.began(A)
    assert world.health.soonest([A]) == 10
    world.later(10)
    assert world.weight(A) == 10


def test_a_provider_that_said_when_to_come_back_is_not_guessed_about() -> None:
    world = World([A, B])
    world.health.failed(A, throttled(2))
    world.health.failed(B, throttled(30))
    assert world.health.soonest([A, B]) == 2
    world.later(2)
    assert (world.weight(A), world.weight(A), world.weight(B)) == (10, 10, 0)


@pytest.mark.parametrize(
    "kind",
    [Failure.refused, Failure.timeout, Failure.broken, Failure.overloaded, Failure.malformed],
)
def test_three_failures_in_a_row_open_the_circuit_of_that_model_alone(world: World, kind: Failure) -> None:
    for _ in range(3):
        assert world.weight(A) == 100
        world.health.failed(A, UpstreamFailed(kind, "down"))
    assert (world.weight(A), world.weight(B), world.weight(target_of(1, 1, "n")), world.weight(OTHER)) == (
        0, 0, 100, 100,
    )  # fmt: skip
    assert (world.health.soonest(), world.health.soonest([A])) == (5, 5)


def test_a_success_between_failures_keeps_it_closed(world: World) -> None:
    for _ in range(9):
        world.health.failed(A, overloaded())
        world.health.failed(A, overloaded())
        world.health.succeeded(B)
    assert world.weight(A) == 100


def test_an_open_circuit_lets_one_probe_through_at_a_time(world: World) -> None:
    for _ in range(3):
        world.health.failed(A, overloaded())
    world.later(5)
    assert [world.weight(A), world.weight(B), world.weight(A)] == [100, 100, 100]
    world.health.began(A)
    assert [world.weight(A), world.weight(B)] == [0, 0]
    world.later(30)
    assert world.weight(B) == 0
    world.health.failed(A, overloaded())
    assert world.health.soonest([A]) == 10
    world.later(10)
    assert [world.weight(B), world.weight(A)] == [100, 100]
    world.health.began(B)
    assert [world.weight(B), world.weight(A)] == [0, 0]
    world.health.succeeded(B)
    assert [world.weight(A), world.weight(A), world.health.soonest()] == [100, 100, None]


def test_a_probe_of_which_nothing_was_heard_is_made_by_another(world: World) -> None:
    for _ in range(3):
        world.health.failed(A, overloaded())
    world.later(5)
    world.health.began(A)
    world.later(59)
    assert world.weight(A) == 0
    world.later(1)
    assert world.weight(A) == 100


def test_a_probe_that_was_given_up_is_the_next_calls(world: World) -> None:
    world.health.left(A)
    for _ in range(3):
        world.health.failed(A, overloaded())
    world.health.left(A)  # of a call that was begun before
    assert world.weight(A) == 0
    world.later(5)
    world.health.began(A)
    assert world.weight(A) == 0
    world.health.left(A)
    assert world.weight(A) == 100


def test_a_second_key_of_the_plan_that_opened_the_circuit_does_not_put_the_probe_off(world: World) -> None:
    for _ in range(3):
        world.health.failed(A, overloaded())
    world.health.began(B)
    world.health.failed(B, overloaded())
    assert world.health.soonest([A, B]) == 5


def test_a_model_that_may_be_probed_waits_for_its_credential_all_the_same(world: World) -> None:
    for _ in range(3):
        world.health.failed(A, overloaded())
    world.health.failed(A, throttled(60))  # it answers: the circuit is closed
    for _ in range(3):
        world.health.failed(B, overloaded())
    world.later(5)
    assert [world.weight(A), world.weight(A, 0), world.weight(B)] == [0, 0, 100]


@pytest.mark.parametrize("kind", [Failure.rejected, Failure.oversized, Failure.throttled, Failure.credential])
def test_whoever_answers_is_up_whatever_the_answer(world: World, kind: Failure) -> None:
    for _ in range(3):
        world.health.failed(A, overloaded())
    world.health.failed(OTHER, UpstreamFailed(kind, "no", upstream_status=400))
    assert world.weight(B) == 0
    world.health.failed(A, UpstreamFailed(kind, "no", upstream_status=400))
    assert world.weight(B) == 100


def test_a_request_that_is_refused_harms_nobody(world: World) -> None:
    for _ in range(20):
        world.health.failed(A, UpstreamFailed(Failure.rejected, "too long", upstream_status=400))
    assert (world.weight(A), state(world, A)) == (100, CredentialState.active)


def test_a_refused_credential_counts_nothing_at_once_and_is_told_once(world: World) -> None:
    for _ in range(5):
        world.health.failed(A, refused())
    assert (world.weight(A), world.weight(B), state(world, A)) == (0, 100, CredentialState.invalid)
    assert [target for target, _ in world.told] == [A]
    assert (world.health.soonest([A]), world.health.soonest([A, B]), world.health.soonest()) == (None, 0, None)
    world.health.failed(A, throttled(1))
    world.health.succeeded(A)
    world.later(30)
    assert (world.weight(A), state(world, A)) == (0, CredentialState.invalid)


def test_another_key_under_the_same_id_starts_anew(world: World) -> None:
    for error in (refused(), throttled(60)):
        world.health.failed(A, error)
        changed = target_of(1, 1, version=2)
        assert (world.weight(changed), state(world, changed)) == (100, CredentialState.active)
        world.health.failed(A, refused())  # a call that was begun with the old one
    assert len(world.told) == 1


def test_a_call_with_an_older_key_says_nothing_of_the_newer_one(world: World) -> None:
    newer = target_of(1, 1, version=2)
    world.health.failed(newer, throttled(60))
    world.health.failed(A, refused())
    world.health.failed(A, throttled(600))
    assert (world.health.soonest([newer]), world.told) == (60, [])


def test_what_the_database_never_heard_of_is_tried_and_told_again(world: World) -> None:
    world.health.failed(A, refused())
    world.later(rules.INVALID_S)
    assert (world.weight(A), state(world, A)) == (100, CredentialState.active)
    world.health.failed(A, refused())
    assert len(world.told) == 2


def test_an_account_without_money_rests_and_is_not_told_as_invalid(world: World) -> None:
    world.health.failed(A, refused(402, "insufficient balance"))
    assert (world.weight(A), state(world, A), world.told) == (0, CredentialState.cooling, [])
    assert world.health.soonest([A]) == rules.EMPTY_S
    world.later(rules.EMPTY_S)
    assert world.weight(A) == 100
    world.health.failed(A, refused(402, "CREDIT_NOT_ENOUGH"))
    assert len(world.told) == 1


def test_what_is_gone_or_over_is_forgotten(world: World) -> None:
    world.health.failed(A, throttled())
    world.health.failed(B, refused())
    for number in range(3 * rules.MOST_CIRCUITS):
        world.health.failed(target_of(2, 3, f"m{number}"), overloaded())
    held = world.health
    assert (len(held._troubles), len(held._coolings), len(held._circuits)) == (2, 1, rules.MOST_CIRCUITS)
    world.usable = [target_of(1, 1, version=2), B]
    held.sweep()
    assert (set(held._troubles), len(held._coolings), len(held._circuits)) == ({2}, 1, 0)
    world.later(3600)
    held.failed(B, overloaded())  # which sweeps first
    assert (len(held._troubles), len(held._coolings), len(held._circuits)) == (0, 0, 1)
    world.usable = []
    held.sweep()
    assert not held._circuits


@pytest.mark.parametrize(
    ("error", "is_hope"),
    [
        (overloaded(), True),
        (UpstreamFailed(Failure.malformed, "what?"), True),
        (throttled(), True),
        (overloaded(retry_after=9), False),
        (throttled(retry_after=9), False),
        (refused(), False),
        (UpstreamFailed(Failure.refused, "nobody there"), True),
        (UpstreamFailed(Failure.timeout, "silent"), False),
    ],
)
def test_the_last_resort_is_who_is_shut_by_a_guess_and_is_not_silent(error: UpstreamFailed, is_hope: bool) -> None:
    only = target_of(1, 1)
    world = World([only])
    for _ in range(3):
        world.health.failed(only, error)
    assert world.weight(only) == 0
    well = target_of(2, 2)
    assert list(world.health.last_resorts([only, well])) == ([only, well] if is_hope else [well])


def test_it_says_in_words_why_a_target_counts_less(world: World) -> None:
    why = world.health.why
    assert why(A) is None
    for _ in range(3):
        world.health.failed(A, overloaded())
    assert why(B) == "the model failed there 3 times in a row: tried in 5 s"
    world.later(5)
    assert why(A) == "the model failed there 3 times in a row: tried by the next call"
    world.health.failed(A, throttled())
    assert why(A) == "its credential is throttled: it counts a tenth for 180 s"
    world.health.failed(B, throttled())
    assert why(A) == "every credential of its provider is throttled: tried again in 5 s"
    world.health.failed(A, throttled(7))
    assert why(A) == "its provider wants no calls of it: not used for 7 s"
    world.health.failed(A, refused())
    assert "refuses the credential" in (why(A) or "")
    assert why(OTHER) is None
