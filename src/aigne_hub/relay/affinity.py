"""Where prompts are warm lives here: who answered a conversation last, for as long as providers remember."""

from __future__ import annotations

from msgspec import Struct

from aigne_hub.base.clock import Clock
from aigne_hub.catalog.entries import CredentialId, ProviderId, Target

# https://platform.claude.com/docs/en/build-with-claude/prompt-caching: five minutes from the last use; others hold
# what they cached for about as long.
WARM_S = 300.0
MOST_REMEMBERED = 10_000


class Place(Struct, frozen=True):
    provider_id: ProviderId
    model: str
    credential_id: CredentialId
    until_s: float


class Affinity:
    """One worker's memory; of more conversations than it holds the longest quiet ones are forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.monotonic
        self._places: dict[int, Place] = {}

    def of(self, beginning: int) -> Place | None:
        place = self._places.get(beginning)
        return None if place is None or place.until_s <= self._now() else place

    def note(self, beginning: int, target: Target) -> None:
        """Calls that begin so are warm there now."""
        self._places.pop(beginning, None)
        if len(self._places) >= MOST_REMEMBERED:
            del self._places[next(iter(self._places))]
        self._places[beginning] = Place(target.provider.id, target.model, target.credential_id, self._now() + WARM_S)
