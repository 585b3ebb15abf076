"""What one worker remembers of how its attempts ended lives here: who is throttled, down or refused, and until when.

A credential's throttle and its provider's cool-down are two rules for one 429 (contract 5.2 and 5.4), and fit together
thus. A 429 is of the credential: it counts a tenth for three minutes, and nothing at all for as long as the provider
asks (`Retry-After`). Its provider has more such limits than keys only when no key is left: so a provider cools down
when each of its usable credentials is throttled, and not before, or one key would silence the others. How long the
provider itself has said is believed; 90 s (180 after three refusals) is a guess, and a guess must not silence the only
provider somebody has: while it lasts one call at a time still tries, as no success could ever end it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import CredentialId, CredentialState, ProviderId, Target
from aigne_hub.catalog.statuses.availability import Availability
from aigne_hub.relay.circuit import FIRST_PAUSE_S, Circuit, Probing

THROTTLED_S = 180.0
SHARE = 10  # a throttled credential counts one tenth
LONGEST_WAIT_S = 3600.0  # of what a provider may ask with Retry-After
COOL_S, LONG_COOL_S, REFUSALS_FOR_LONG = 90.0, 180.0, 3
SETTLE_S = FIRST_PAUSE_S  # a success sooner after a 429 may be of a call begun before it, and proves nothing
INVALID_S = 600.0  # the database should have heard of it long before; if it could not, it is tried and told again
EMPTY_S = 300.0  # an account without money, which no recheck can see
MOST_CIRCUITS = 1024
_SWEEP_S = 30.0
_OF_A_CIRCUIT = frozenset(
    {Failure.refused, Failure.timeout, Failure.broken, Failure.overloaded, Failure.malformed, Failure.forbidden_address}
)

_Key = tuple[ProviderId, str]


@dataclass(slots=True)
class _Trouble:
    """Of one version of a credential: nothing of it counts until `shut_until_s`, a tenth until `ends_s`."""

    version: int
    provider_id: ProviderId
    since_s: float
    shut_until_s: float
    ends_s: float
    is_invalid: bool = False
    is_throttled: bool = False


@dataclass(slots=True)
class _Cooling:
    """Of a provider, refusing again and again: `ends_s` is 0 unless it cools down."""

    refusals: int
    refused_s: float
    ends_s: float
    probing: Probing


class Health:
    """The memory of one worker. It holds nothing of what is well, so that asking of that costs next to nothing.

    `usable` gives a target of each credential that could be used; `on_invalid` hears once of each credential that its
    provider refuses for good; `availability` of every end.
    """

    def __init__(
        self,
        clock: Clock,
        usable: Callable[[], Collection[Target]],
        on_invalid: Callable[[Target, UpstreamFailed], None],
        availability: Availability,
    ) -> None:
        self._now = clock.monotonic
        self._usable = usable
        self._on_invalid = on_invalid
        self._availability = availability
        self._troubles: dict[CredentialId, _Trouble] = {}
        self._coolings: dict[ProviderId, _Cooling] = {}
        self._circuits: dict[_Key, Circuit] = {}
        self._swept_s = 0.0

    def weight(self, target: Target, configured: int) -> int:
        """What the credential's weight counts right now; 0 is: not now. Changes nothing."""
        if not (self._troubles or self._coolings or self._circuits):
            return configured
        now = self._now()
        if configured == 0 or self._wait_s(target, now) > 0:
            return 0
        trouble = self._trouble(target)
        if trouble is not None and trouble.is_throttled and now < trouble.ends_s:
            return max(1, configured // SHARE)
        return configured

    def is_doubtful(self, target: Target) -> bool:
        """Whether it is shut since it was silent, or asked to be left alone: whoever probes it may wait for long."""
        return bool(self._circuits) and self._is_left_alone(target)

    def began(self, target: Target) -> None:
        """An attempt of the target is being made: if it is a probe, nobody else tries until this one has ended."""
        if self._coolings or self._circuits:
            now = self._now()
            for probing in self._probings(target, now):
                probing.begin(now)

    def succeeded(self, target: Target) -> None:
        self._availability.succeeded(target)
        if self._troubles or self._coolings or self._circuits:
            self._note_success(target)

    def left(self, target: Target) -> None:
        """An attempt was given up for another: it has shown nothing, and if it was a probe, the next call is one."""
        if self._coolings or self._circuits:
            now = self._now()
            for probing in self._probings(target, now):
                probing.release(now)

    def failed(self, target: Target, error: UpstreamFailed) -> None:
        self._availability.failed(target, error)
        now = self._now()
        if now - self._swept_s >= _SWEEP_S:
            self.sweep()
        key = (target.provider.id, target.model)
        if error.kind in _OF_A_CIRCUIT:
            self._make_room(key)
            circuit = self._circuits.setdefault(key, Circuit())
            wait_s = error.retry_after if error.kind is Failure.overloaded else None
            circuit.fail(now, wait_s, is_prompt=error.kind is not Failure.timeout)
            self._end_probe(target, now)
            return
        self._circuits.pop(key, None)  # it answers: whatever it says, it is up
        if error.kind is Failure.throttled and not self._is_replaced(target):
            self._throttle(target, error, now)
        elif error.kind is Failure.credential and not self._is_replaced(target):
            self._refuse(target, error, now)
        else:
            self._end_probe(target, now)

    def soonest(self, targets: Iterable[Target] | None = None) -> float | None:
        """Seconds until one of the targets may be tried again; None when none is known to come back.

        Without targets: until anything that is shut may be.
        """
        now = self._now()
        if targets is not None:
            waits = [self._wait_s(target, now) for target in targets if not self._is_invalid(target, now)]
            return min(waits, default=None)
        return min((wait for wait in self._waits(now) if wait > 0), default=None)

    def last_resorts(self, targets: Iterable[Target]) -> Iterator[Target]:
        """Of targets those that nothing but a guess speaks against, and keep nobody waiting: asked before all is lost.

        What they failed by may have been of those very calls, or be over. Who said when to come back, or refused the
        credential, is left alone, and nobody waits for one that was silent.
        """
        now = self._now()
        return (target for target in targets if not self._is_in_vain(target, now))

    def state_of(self, credential_id: CredentialId, provider_id: ProviderId, version: int) -> CredentialState:
        """What this worker knows of a credential that the database says is active; `version` is its `updated_ms`."""
        now = self._now()
        trouble = self._troubles.get(credential_id)
        if trouble is not None and trouble.version == version and now < trouble.ends_s:
            if trouble.is_invalid:
                return CredentialState.invalid
            if now < trouble.shut_until_s:
                return CredentialState.cooling
        cooling = self._coolings.get(provider_id)
        if cooling is not None and now < cooling.ends_s:
            return CredentialState.cooling
        if trouble is not None and trouble.version == version and now < trouble.ends_s:
            return CredentialState.throttled
        return CredentialState.active

    def is_open(self, target: Target) -> bool:
        """Whether the target's credential is used, at least for a tenth; whatever is the matter with single models."""
        state = self.state_of(target.credential_id, target.provider.id, target.credential_ms)
        return state in (CredentialState.active, CredentialState.throttled)

    def why(self, target: Target) -> str | None:
        """In words why a target counts less than it was given; None when it does not."""
        now, trouble = self._now(), self._trouble(target)
        if trouble is not None and now < trouble.shut_until_s:
            words = "its provider refuses the credential" if trouble.is_invalid else "its provider wants no calls of it"
            return f"{words}: not used for {ceil(trouble.shut_until_s - now)} s"
        cooling = self._coolings.get(target.provider.id)
        if cooling is not None and now < cooling.ends_s:
            return f"every credential of its provider is throttled: tried again {_in(cooling.probing.opens_s - now)}"
        circuit = self._circuits.get((target.provider.id, target.model))
        if circuit is not None and circuit.probing is not None:
            return (
                f"the model failed there {circuit.failures} times in a row: tried {_in(circuit.probing.opens_s - now)}"
            )
        if trouble is not None and trouble.is_throttled and now < trouble.ends_s:
            return f"its credential is throttled: it counts a tenth for {ceil(trouble.ends_s - now)} s"
        return None

    def sweep(self) -> None:
        """Forget what is over, and what is of credentials and providers that are gone."""
        now = self._swept_s = self._now()
        usable = self._usable()
        versions = {target.credential_id: target.credential_ms for target in usable}
        providers = {target.provider.id for target in usable}
        self._troubles = {
            id_: one for id_, one in self._troubles.items() if now < one.ends_s and versions.get(id_) == one.version
        }
        self._coolings = {
            id_: one
            for id_, one in self._coolings.items()
            if id_ in providers and now < max(one.ends_s, one.refused_s + THROTTLED_S)
        }
        self._circuits = {
            key: one for key, one in self._circuits.items() if key[0] in providers and not one.is_over(now)
        }

    def _trouble(self, target: Target) -> _Trouble | None:
        """What is known of this version of the target's credential: another key under the same id starts anew."""
        trouble = self._troubles.get(target.credential_id)
        return trouble if trouble is not None and trouble.version == target.credential_ms else None

    def _is_replaced(self, target: Target) -> bool:
        """Whether a later version of its credential is in trouble by itself."""
        trouble = self._troubles.get(target.credential_id)
        return trouble is not None and trouble.version > target.credential_ms

    def _is_invalid(self, target: Target, now: float) -> bool:
        trouble = self._trouble(target)
        return trouble is not None and trouble.is_invalid and now < trouble.ends_s

    def _is_in_vain(self, target: Target, now: float) -> bool:
        trouble = self._trouble(target)
        if trouble is not None and now < trouble.shut_until_s:
            return True
        return self._is_left_alone(target)

    def _is_left_alone(self, target: Target) -> bool:
        circuit = self._circuits.get((target.provider.id, target.model))
        return circuit is not None and circuit.probing is not None and not circuit.is_prompt

    def _wait_s(self, target: Target, now: float) -> float:
        """Seconds until the target may be tried; 0 when it may be now."""
        until = now
        trouble = self._trouble(target)
        if trouble is not None:
            until = max(until, trouble.shut_until_s)
        cooling = self._coolings.get(target.provider.id)
        if cooling is not None:
            until = max(until, min(cooling.probing.opens_s, cooling.ends_s))
        circuit = self._circuits.get((target.provider.id, target.model))
        if circuit is not None and circuit.probing is not None:
            until = max(until, circuit.probing.opens_s)
        return until - now

    def _probings(self, target: Target, now: float) -> Iterator[Probing]:
        """Of what the target belongs to and is shut."""
        cooling = self._coolings.get(target.provider.id)
        if cooling is not None and now < cooling.ends_s:
            yield cooling.probing
        circuit = self._circuits.get((target.provider.id, target.model))
        if circuit is not None and circuit.probing is not None:
            yield circuit.probing

    def _waits(self, now: float) -> Iterator[float]:
        for trouble in self._troubles.values():
            if not trouble.is_invalid:
                yield trouble.shut_until_s - now
        for cooling in self._coolings.values():
            if now < cooling.ends_s:
                yield min(cooling.probing.opens_s, cooling.ends_s) - now
        for circuit in self._circuits.values():
            if circuit.probing is not None:
                yield circuit.probing.opens_s - now

    def _note_success(self, target: Target) -> None:
        now = self._now()
        self._circuits.pop((target.provider.id, target.model), None)
        trouble = self._trouble(target)
        if trouble is None:
            self._end_cooling(target.provider.id, now)
            return
        # A provider's own word of when to come back stands, whatever was begun before it answers meanwhile.
        if now - trouble.since_s >= SETTLE_S and now >= trouble.shut_until_s:
            del self._troubles[target.credential_id]
            self._end_cooling(target.provider.id, now)

    def _end_cooling(self, provider_id: ProviderId, now: float) -> None:
        cooling = self._coolings.get(provider_id)
        if cooling is not None and now - cooling.refused_s >= SETTLE_S:
            del self._coolings[provider_id]

    def _throttle(self, target: Target, error: UpstreamFailed, now: float) -> None:
        asked_s = min(float(error.retry_after or 0), LONGEST_WAIT_S)
        old = self._trouble(target)
        shut_until_s = max(now + asked_s, 0.0 if old is None else old.shut_until_s)
        self._troubles[target.credential_id] = _Trouble(
            target.credential_ms,
            target.provider.id,
            now,
            shut_until_s,
            max(now + THROTTLED_S, shut_until_s),
            is_throttled=True,
            is_invalid=old is not None and old.is_invalid and now < old.ends_s,
        )
        self._cool(target.provider.id, now)

    def _cool(self, provider_id: ProviderId, now: float) -> None:
        """Count a 429 of a provider; it cools down when none of its credentials is without trouble."""
        old = self._coolings.get(provider_id)
        refusals = 1 if old is None or now >= max(old.ends_s, old.refused_s + THROTTLED_S) else old.refusals + 1
        ends_s = 0.0
        troubles = [self._trouble(one) for one in self._usable() if one.provider.id == provider_id]
        if all(one is not None and now < one.ends_s for one in troubles):
            told = [one.shut_until_s for one in troubles if one is not None and now < one.shut_until_s]
            # Credentials that were told when to come back are shut until then: there is nothing to guess.
            if len(told) < len(troubles) or not troubles:
                ends_s = now + (LONG_COOL_S if refusals >= REFUSALS_FOR_LONG else COOL_S)
        self._coolings[provider_id] = _Cooling(refusals, now, ends_s, Probing(now + FIRST_PAUSE_S))

    def _refuse(self, target: Target, error: UpstreamFailed, now: float) -> None:
        is_empty = error.upstream_status == 402 and "NOT_ENOUGH" not in error.said
        was_known = self._is_invalid(target, now)
        shut_until_s = now + (EMPTY_S if is_empty else INVALID_S)
        self._troubles[target.credential_id] = _Trouble(
            target.credential_ms, target.provider.id, now, shut_until_s, shut_until_s, is_invalid=not is_empty
        )
        self._end_probe(target, now)
        if not (is_empty or was_known):
            self._on_invalid(target, error)

    def _end_probe(self, target: Target, now: float) -> None:
        """A probe of a cooling provider has ended in something else than a 429: the next one may be made soon."""
        cooling = self._coolings.get(target.provider.id)
        if cooling is not None:
            cooling.probing.opens_s = min(cooling.probing.opens_s, now + FIRST_PAUSE_S)

    def _make_room(self, key: _Key) -> None:
        """Models are named by callers: there are no more circuits than a limit, the longest quiet one goes first."""
        if len(self._circuits) >= MOST_CIRCUITS and key not in self._circuits:
            del self._circuits[min(self._circuits, key=lambda one: self._circuits[one].failed_s)]


def _in(seconds: float) -> str:
    return f"in {ceil(seconds)} s" if seconds > 0 else "by the next call"
