"""The shapes of routes on the wire live here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from pydantic import Field

from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.catalog.entries import LeftOut, Strategy
from aigne_hub.catalog.routes.book import LATEST, MOST_TIERS, MOST_WEIGHT, SOONEST
from aigne_hub.catalog.routes.entries import KeptRoute, RouteDraft
from aigne_hub.catalog.routes.paths import MOST_LANES

_Bytes = Annotated[int, Field(ge=0, le=1 << 40, strict=True)]
_Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=100)]


class When(Strict):
    """Of which calls a target is for: all that is said has to hold."""

    stream: bool | None = None
    tools: bool | None = None
    min_bytes: Annotated[_Bytes | None, Field(description="Of the request's body.")] = None
    max_bytes: _Bytes | None = None
    keys: Annotated[_Words | None, Field(description="Ids of access keys: one of them.")] = None
    tags: Annotated[_Words | None, Field(description="One of them is in the request's header x-hub-tags.")] = None


class AimBody(Strict):
    target: Annotated[
        str, Field(min_length=1, max_length=200, description="PROVIDER/MODEL, or another name, with its own route.")
    ]
    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT, strict=True)] = 1
    when: When | None = None


class TierBody(Strict):
    targets: Annotated[list[AimBody], Field(min_length=1, max_length=MOST_LANES)]
    strategy: Strategy = Strategy.weighted
    sticky: Annotated[
        bool, Field(description="Whether a conversation stays for five minutes with the target that answered it.")
    ] = False


class HedgeBody(Strict):
    """A second target is asked as well when the first has said nothing for longer than it nearly always takes."""

    after: Annotated[
        float,
        Field(ge=SOONEST, le=LATEST, description="Of the target's first bytes of late, the share that came sooner."),
    ] = 0.95
    most: Annotated[float, Field(gt=0, le=1, description="Of the route's calls, the share that may be hedged.")] = 0.05


class RouteBody(Strict):
    tiers: Annotated[
        list[TierBody], Field(min_length=1, max_length=MOST_TIERS, description="Each is for when those before it fail.")
    ]
    hedge: HedgeBody | None = None

    @property
    def draft(self) -> RouteDraft:
        return msgspec.convert(self.model_dump(mode="json", by_alias=True, exclude_none=True), RouteDraft)


class ShownLeftOut(Shape):
    tier: int
    target: str
    reason: str

    @classmethod
    def of(cls, one: LeftOut) -> ShownLeftOut:
        return cls(tier=one.tier, target=one.target, reason=one.reason)


class ShownRoute(Shape):
    model: str
    tiers: Annotated[list[TierBody], Field(description="Empty when what is kept cannot be read.")]
    hedge: HedgeBody | None
    left_out: Annotated[list[ShownLeftOut], Field(description="Targets that cannot be used at all, with the reason.")]
    created_at: str | None
    updated_at: str | None

    @classmethod
    def of(cls, kept: KeptRoute, left_out: Iterable[LeftOut]) -> ShownRoute:
        tiers = [] if kept.draft is None else msgspec.to_builtins(kept.draft)["tiers"]
        hedge = None if kept.draft is None else kept.draft.hedge
        return cls(
            model=kept.model,
            tiers=[TierBody.model_validate(tier) for tier in tiers],
            hedge=None if hedge is None else HedgeBody(after=hedge.after, most=hedge.most),
            left_out=[ShownLeftOut.of(one) for one in left_out],
            created_at=iso(kept.created_ms),
            updated_at=iso(kept.updated_ms),
        )
