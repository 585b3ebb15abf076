"""What rates are lives here, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

from msgspec import Struct

from aigne_hub.catalog.entries import ProviderId, Tariff
from aigne_hub.dialects.call import Kind

RateId = NewType("RateId", int)

# The kinds of calls that can have a rate. A count of tokens is a chat's, and costs nothing.
RATED = (Kind.chat, Kind.image, Kind.embedding, Kind.video, Kind.audio, Kind.rerank, Kind.moderation)

CreditPrefix = Literal["", "$", "€", "¥"]


class ImageOptions(Struct, frozen=True, omit_defaults=True):
    """What a model of pictures can be asked for."""

    max: int | None = None
    quality: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    style: tuple[str, ...] = ()


class RateMetadata(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What an operator tells of a model beside its rate (contract 2.8)."""

    max_tokens: int | None = None
    features: tuple[Literal["tools", "thinking", "vision"], ...] = ()
    image_generation: ImageOptions | None = None


@dataclass(frozen=True, slots=True)
class RateDraft:
    """What a rate is to say; costs are what units cost the hub, in nano-dollars per million."""

    model: str
    kind: Kind
    tariff: Tariff
    input_cost: int | None = None
    output_cost: int | None = None
    model_display: str = ""
    description: str | None = None
    metadata: RateMetadata | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What one model of a provider costs, for one kind of call."""

    id: RateId
    provider_id: ProviderId
    model: str
    kind: Kind
    model_display: str
    description: str | None
    tariff: Tariff
    input_cost: int | None
    output_cost: int | None
    metadata: RateMetadata | None
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class Billing:
    """Whether calls are priced by rates, and the sign that credits are shown with."""

    is_on: bool = False
    prefix: CreditPrefix = ""
