"""What an operator says of where a name leads lives here, as values: the JSON of a route is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from aigne_hub.catalog.entries import Condition, Hedge, Strategy


class Aim(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`PROVIDER/MODEL`, or another name, whose own route is meant if it has one."""

    target: str
    weight: int = 1
    when: Condition | None = None


class TierDraft(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    targets: tuple[Aim, ...]
    strategy: Strategy = Strategy.weighted
    sticky: bool = False


class RouteDraft(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    tiers: tuple[TierDraft, ...]
    hedge: Hedge | None = None


@dataclass(frozen=True, slots=True)
class KeptRoute:
    """A route as it is kept. Without a `draft` it is one that this hub cannot read."""

    model: str
    draft: RouteDraft | None
    created_ms: int
    updated_ms: int
