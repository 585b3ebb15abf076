"""Targets and a memory of them on a stopped clock, for tests of health."""

from __future__ import annotations

from dataclasses import dataclass, field

from aigne_hub.base.clock import Clock, StoppedClock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import CredentialId, Provider, ProviderId, Target
from aigne_hub.catalog.statuses.availability import Availability
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.outbound import Origin
from aigne_hub.relay.health import Health

ORIGIN = Origin.parse("http://127.0.0.1:1")[0]


def target_of(provider: int, credential: int, model: str = "m", *, version: int = 1) -> Target:
    at = Provider(ProviderId(provider), f"p{provider}", "P", "http://127.0.0.1:1", None, True, 1, 1)
    return Target(at, CredentialId(credential), model, ORIGIN, b"", (), credential_ms=version)


def throttled(retry_after: int | None = None) -> UpstreamFailed:
    return UpstreamFailed(Failure.throttled, "slow down", upstream_status=429, retry_after=retry_after)


def overloaded(retry_after: int | None = None) -> UpstreamFailed:
    return UpstreamFailed(Failure.overloaded, "down", upstream_status=503, retry_after=retry_after)


def refused(status: int = 401, said: str = "bad key") -> UpstreamFailed:
    return UpstreamFailed(Failure.credential, "refused", upstream_status=status, said=said)


def unlisted(clock: Clock) -> Availability:
    """It notes of no model anything, as none is listed."""
    return Availability(StatusBoard(), clock, lambda _target: None)


@dataclass
class World:
    """What is usable, what was told as invalid, and the memory itself."""

    usable: list[Target] = field(default_factory=list)
    told: list[tuple[Target, UpstreamFailed]] = field(default_factory=list)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.health = Health(
            self.clock,
            lambda: self.usable,
            lambda target, error: self.told.append((target, error)),
            unlisted(self.clock),
        )

    def weight(self, target: Target, configured: int = 100) -> int:
        return self.health.weight(target, configured)

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
