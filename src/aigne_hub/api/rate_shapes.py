"""The shapes of rates live here: amounts per unit as exact decimals, in as text or numbers, out as plain text."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from aigne_hub.api.shapes import ListedProvider, Shape, ShownProvider, Strict, iso
from aigne_hub.base.money import read_rate, shown_rate
from aigne_hub.catalog.entries import Tariff
from aigne_hub.catalog.rates.book import Repriced
from aigne_hub.catalog.rates.entries import Rate, RateDraft, RateMetadata
from aigne_hub.catalog.rates.margin import Margin
from aigne_hub.catalog.statuses.entries import Fault
from aigne_hub.dialects.call import Kind

# Credits (or dollars) per unit on the wire; a whole number of nano-credits per million units inside.
PerUnit = Annotated[
    int,
    BeforeValidator(read_rate),
    PlainSerializer(shown_rate, return_type=str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]}, mode="validation"),
    WithJsonSchema({"type": "string"}, mode="serialization"),
]
RatedKind = Literal[
    "chatCompletion", "imageGeneration", "embedding", "video", "audioGeneration", "rerank", "moderation"
]
_Word = Annotated[str, Field(min_length=1, max_length=50)]
_Words = Annotated[tuple[_Word, ...], Field(max_length=50)]


class UnitCosts(Strict):
    """What a unit costs the hub, in US dollars."""

    input: PerUnit
    output: PerUnit


class Caching(Strict):
    """What a token of a provider's cache costs; without a rate of its own, what a fresh one does."""

    read_rate: PerUnit | None = None
    write_rate: PerUnit | None = None


class Pictures(Strict):
    max: Annotated[int, Field(ge=1, le=100)] | None = None
    quality: _Words = ()
    size: _Words = ()
    style: _Words = ()


class ModelMetadata(Strict):
    max_tokens: Annotated[int, Field(ge=1, le=2**53)] | None = None
    features: Annotated[tuple[Literal["tools", "thinking", "vision"], ...], Field(max_length=3)] = ()
    image_generation: Pictures | None = None


class RateChange(Strict):
    """What is given is changed and the rest stays; null takes away what may be missing."""

    model_display: Annotated[str, Field(max_length=100)] | None = None
    input_rate: PerUnit | None = None
    output_rate: PerUnit | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    unit_costs: UnitCosts | None = None
    caching: Caching | None = None
    model_metadata: ModelMetadata | None = None

    def of(self, old: Rate) -> RateDraft:
        """The whole rate, as it is to be."""
        given, tariff = self.model_fields_set, old.tariff
        if "caching" in given:
            cache_read, cache_write = _cached(self.caching)
        else:
            cache_read, cache_write = tariff.cache_read, tariff.cache_write
        if "unit_costs" in given:
            input_cost, output_cost = _costs(self.unit_costs)
        else:
            input_cost, output_cost = old.input_cost, old.output_cost
        return RateDraft(
            old.model,
            old.kind,
            Tariff(
                tariff.input if self.input_rate is None else self.input_rate,
                tariff.output if self.output_rate is None else self.output_rate,
                cache_read,
                cache_write,
            ),
            input_cost,
            output_cost,
            (self.model_display or "") if "model_display" in given else old.model_display,
            self.description if "description" in given else old.description,
            _metadata(self.model_metadata) if "model_metadata" in given else old.metadata,
        )


class NewRate(Strict):
    model: Annotated[str, Field(min_length=1, max_length=200)]
    type: RatedKind = "chatCompletion"
    input_rate: PerUnit
    output_rate: PerUnit
    model_display: Annotated[str, Field(max_length=100)] | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    unit_costs: UnitCosts | None = None
    caching: Caching | None = None
    model_metadata: ModelMetadata | None = None

    @property
    def draft(self) -> RateDraft:
        tariff = Tariff(self.input_rate, self.output_rate, *_cached(self.caching))
        input_cost, output_cost = _costs(self.unit_costs)
        about = _metadata(self.model_metadata)
        return RateDraft(
            self.model,
            Kind(self.type),
            tariff,
            input_cost,
            output_cost,
            self.model_display or "",
            self.description,
            about,
        )


class NewRates(NewRate):
    providers: Annotated[list[str], Field(min_length=1, max_length=100)]


class BulkUpdate(Strict):
    """`profitMargin` in percent, `creditPrice` in US dollars for a credit."""

    mode: Literal["margin"] = "margin"
    profit_margin: PerUnit
    credit_price: PerUnit

    @model_validator(mode="after")
    def _is_sold(self) -> Self:
        if self.credit_price == 0:
            raise ValueError("creditPrice is above zero")
        return self

    @property
    def margin(self) -> Margin:
        return Margin(self.profit_margin, self.credit_price)


class ShownRate(Shape):
    id: str
    provider_id: str
    model: str
    model_display: str
    description: str | None
    type: str
    input_rate: str
    output_rate: str
    unit_costs: dict[str, str] | None
    caching: dict[str, str] | None
    model_metadata: dict[str, Any] | None
    deprecated: bool = False
    created_at: str | None
    updated_at: str | None

    @classmethod
    def of(cls, rate: Rate) -> ShownRate:
        return cls(**_shown(rate))


class RateFault(Shape):
    code: str
    message: str


class RateStatus(Shape):
    """Whether the model can be called at its provider; `error` says why calls find that it cannot."""

    available: bool
    error: RateFault | None = None


class ListedRate(ShownRate):
    provider: ShownProvider | None
    status: RateStatus

    @classmethod
    def at(cls, rate: Rate, provider: ShownProvider | None, fault: Fault | None, *, is_available: bool) -> ListedRate:
        error = None if fault is None else RateFault(code=fault.code, message=fault.message)
        status = RateStatus(available=is_available and fault is None, error=error)
        return cls(**_shown(rate), provider=provider, status=status)


class RatedProvider(ListedProvider):
    model_rates: list[ShownRate]


class RepricedRate(Shape):
    id: str
    model: str
    provider: str
    old_input_rate: str
    new_input_rate: str
    old_output_rate: str
    new_output_rate: str

    @classmethod
    def of(cls, one: Repriced, provider: str) -> RepricedRate:
        old, new = one.old.tariff, one.new.tariff
        return cls(
            id=str(one.old.id),
            model=one.old.model,
            provider=provider,
            old_input_rate=shown_rate(old.input),
            new_input_rate=shown_rate(new.input),
            old_output_rate=shown_rate(old.output),
            new_output_rate=shown_rate(new.output),
        )


def _cached(given: Caching | None) -> tuple[int | None, int | None]:
    return (None, None) if given is None else (given.read_rate, given.write_rate)


def _costs(given: UnitCosts | None) -> tuple[int | None, int | None]:
    return (None, None) if given is None else (given.input, given.output)


def _metadata(given: ModelMetadata | None) -> RateMetadata | None:
    return None if given is None else msgspec.convert(given.model_dump(by_alias=True), RateMetadata)


def _named(**amounts: int | None) -> dict[str, str] | None:
    return {name: shown_rate(amount) for name, amount in amounts.items() if amount is not None} or None


def _shown(rate: Rate) -> dict[str, Any]:
    tariff = rate.tariff
    return {
        "id": str(rate.id),
        "provider_id": str(rate.provider_id),
        "model": rate.model,
        "model_display": rate.model_display,
        "description": rate.description,
        "type": rate.kind.value,
        "input_rate": shown_rate(tariff.input),
        "output_rate": shown_rate(tariff.output),
        "unit_costs": _named(input=rate.input_cost, output=rate.output_cost),
        "caching": _named(readRate=tariff.cache_read, writeRate=tariff.cache_write),
        "model_metadata": None if rate.metadata is None else msgspec.to_builtins(rate.metadata),
        "created_at": iso(rate.created_ms),
        "updated_at": iso(rate.updated_ms),
    }
