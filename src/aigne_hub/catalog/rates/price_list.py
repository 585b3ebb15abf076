"""The rates in memory live here: of a model at a provider, and of a name that says no provider."""

from __future__ import annotations

from collections.abc import Iterable

from aigne_hub.catalog.entries import ProviderId
from aigne_hub.catalog.rates.entries import Rate
from aigne_hub.dialects.call import Kind


class PriceList:
    """Every rate there is, found in one look. `kind` of None is any kind of call."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self.rates = tuple(rates)
        self._of: dict[tuple[ProviderId, str, Kind | None], Rate] = {}
        self._whole: dict[tuple[str, Kind | None], list[Rate]] = {}
        self._ending: dict[tuple[str, Kind | None], list[Rate]] = {}
        for rate in self.rates:
            for kind in (rate.kind, None):
                self._of.setdefault((rate.provider_id, rate.model, kind), rate)
                self._whole.setdefault((rate.model, kind), []).append(rate)
                for ending in _endings(rate.model):
                    self._ending.setdefault((ending, kind), []).append(rate)

    def of(self, provider_id: ProviderId, model: str, kind: Kind | None) -> Rate | None:
        return self._of.get((provider_id, model, kind))

    def named(self, name: str, kind: Kind | None) -> list[Rate]:
        """The rates of all models that a bare name means: of this name, then those that end with it (contract 5.3)."""
        return [*self._whole.get((name, kind), ()), *self._ending.get((name, kind), ())]


def _endings(model: str) -> Iterable[str]:
    """What stands after each slash."""
    while "/" in model:
        model = model.partition("/")[2]
        yield model
