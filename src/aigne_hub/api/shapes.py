"""The shapes of the control plane live here: camelCase on the wire, times in ISO 8601, ids as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from aigne_hub.catalog.entries import Credential, CredentialKind, CredentialState, Provider
from aigne_hub.catalog.limits import MOST_AT_ONCE, MOST_RETRIES, ProviderLimits, Trying
from aigne_hub.catalog.registry import MOST_WEIGHT
from aigne_hub.providers.known import dialects_of


class Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Strict(Shape):
    """A body that changes something: a field nobody knows is refused, never passed over."""

    model_config = ConfigDict(extra="forbid")


def iso(ms: int | None) -> str | None:
    """Unix milliseconds as ISO 8601 in UTC."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_Seconds = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]


class ModelLimits(Strict):
    """Seconds that an attempt may take, and how often it is made again; what is not given is as set further out."""

    connect_s: _Seconds | None = None
    first_byte_s: _Seconds | None = None
    idle_s: _Seconds | None = None
    total_s: _Seconds | None = None
    retries: Annotated[int, Field(ge=0, le=MOST_RETRIES, strict=True)] | None = None

    def trying(self) -> Trying:
        return Trying(**self.model_dump())


_AtOnce = Annotated[int, Field(ge=1, le=MOST_AT_ONCE, strict=True)]


class LimitsOfProvider(ModelLimits):
    """`concurrency` calls run at once; `queue` more wait, for `queueS` seconds at most."""

    concurrency: _AtOnce | None = None
    queue: Annotated[int, Field(ge=0, le=MOST_AT_ONCE, strict=True)] | None = None
    queue_s: _Seconds | None = None
    models: Annotated[
        dict[str, ModelLimits],
        Field(description="Of models whose names match a pattern such as `*-thinking`; the first that matches counts."),
    ] = {}

    def limits(self) -> ProviderLimits:
        models = {pattern: one.trying() for pattern, one in self.models.items()}
        return ProviderLimits(**{**self.model_dump(), "models": models})


class NewProvider(Strict):
    name: Annotated[str, Field(min_length=1, max_length=50)]
    display_name: Annotated[str, Field(max_length=100)] | None = None
    base_url: Annotated[str, Field(max_length=500)] | None = None
    region: Annotated[str, Field(max_length=50)] | None = None
    enabled: bool = True
    config: Annotated[
        dict[str, Any] | None, Field(description="Taken from the reference's clients; nothing is configured by it yet.")
    ] = None
    dialects: Annotated[
        list[str],
        Field(max_length=20, description="What it speaks, the preferred first; by default what is known by its name."),
    ] = []
    limits: LimitsOfProvider = LimitsOfProvider()


class ProviderChange(Strict):
    name: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    display_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    base_url: Annotated[str, Field(max_length=500)] | None = None
    region: Annotated[str, Field(max_length=50)] | None = None
    enabled: bool | None = None
    dialects: Annotated[list[str], Field(max_length=20)] | None = None
    limits: Annotated[LimitsOfProvider | None, Field(description="Instead of those there are; {} is none.")] = None


class TestedCredential(Strict):
    value: str | dict[str, str]
    credential_type: Literal["api_key", "access_key_pair", "custom"] = "api_key"
    test_model: Annotated[str, Field(max_length=100)] | None = None

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind(self.credential_type)

    @property
    def fields(self) -> dict[str, str]:
        return {"api_key": self.value.strip()} if isinstance(self.value, str) else self.value


_Weight = Annotated[
    int,
    Field(ge=0, le=MOST_WEIGHT, strict=True, description="How often it is chosen beside the others; 0 is never."),
]


_Concurrency = Annotated[
    int, Field(ge=0, le=MOST_AT_ONCE, strict=True, description="How many calls run at once with it; 0 is no limit.")
]


class NewCredential(TestedCredential):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    weight: _Weight | None = None
    concurrency: _Concurrency | None = None


class CredentialChange(Strict):
    """What is not given stays. A value is tried at the provider before it is kept."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    value: str | dict[str, str] | None = None
    credential_type: Literal["api_key", "access_key_pair", "custom"] | None = None
    test_model: Annotated[str, Field(max_length=100)] | None = None
    weight: _Weight | None = None
    concurrency: _Concurrency | None = None
    active: Annotated[
        bool | None, Field(description="Whether it is used; one that is switched off stays so until it is switched on.")
    ] = None

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind(self.credential_type or "api_key")

    @property
    def fields(self) -> dict[str, str] | None:
        return {"api_key": self.value.strip()} if isinstance(self.value, str) else self.value


class ShownCredential(Shape):
    id: str
    provider_id: str
    name: str
    credential_type: str
    active: bool
    state: CredentialState
    error: str | None
    next_check_at: str | None
    weight: int
    concurrency: int | None
    usage_count: int
    last_used_at: str | None
    display_text: str
    masked_value: dict[str, str]
    created_at: str | None
    updated_at: str | None

    @classmethod
    def of(cls, credential: Credential, state: CredentialState) -> ShownCredential:
        return cls(
            id=str(credential.id),
            provider_id=str(credential.provider_id),
            name=credential.name,
            credential_type=credential.kind.value,
            active=credential.active,
            state=state,
            error=credential.error,
            next_check_at=iso(credential.next_check_ms),
            weight=credential.weight,
            concurrency=credential.concurrency,
            usage_count=credential.usage_count,
            last_used_at=iso(credential.last_used_ms),
            display_text=credential.display_text,
            masked_value=credential.masked,
            created_at=iso(credential.created_ms),
            updated_at=iso(credential.updated_ms),
        )


class ShownProvider(Shape):
    id: str
    name: str
    display_name: str
    base_url: str
    region: str | None
    enabled: bool
    dialects: list[str]
    limits: Annotated[dict[str, Any], Field(description="What was said of them; the rest is as the hub is set.")]
    created_at: str | None
    updated_at: str | None

    @classmethod
    def of(cls, provider: Provider) -> ShownProvider:
        return cls(
            id=str(provider.id),
            name=provider.name,
            display_name=provider.display_name,
            base_url=provider.base_url,
            region=provider.region,
            enabled=provider.enabled,
            dialects=list(provider.dialects or dialects_of(provider.name)),
            limits=msgspec.to_builtins(provider.limits),
            created_at=iso(provider.created_ms),
            updated_at=iso(provider.updated_ms),
        )


class ListedProvider(ShownProvider):
    credentials: list[ShownCredential]
    environment_keys: Annotated[
        int,
        Field(description="Keys of the hub's environment that it works by, having no usable credential of its own."),
    ] = 0


class Message(Shape):
    message: str
