"""The shapes of the control plane: what they show and what they never do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from aigne_hub.api.app import routes
from aigne_hub.api.shapes import NewCredential, ShownCredential, iso
from aigne_hub.catalog.entries import CredentialKind, CredentialState
from tests.catalog.test_entries import credential


def test_times_are_iso_8601_in_utc() -> None:
    assert iso(1_760_000_000_123) == "2025-10-09T08:53:20.123Z"
    assert iso(None) is None


def test_a_credentials_value_may_be_a_text_or_fields() -> None:
    assert NewCredential(name="n", value=" sk-1 ").fields == {"api_key": "sk-1"}
    both = NewCredential.model_validate(
        {"name": "n", "value": {"access_key_id": "A", "secret_access_key": "B"}, "credentialType": "access_key_pair"}
    )
    assert (both.kind, both.fields) == (
        CredentialKind.access_key_pair,
        {"access_key_id": "A", "secret_access_key": "B"},
    )


def test_a_shown_credential_is_camel_case_and_has_no_secret() -> None:
    shown = ShownCredential.of(
        credential(CredentialKind.api_key, {"api_key": "***"}), CredentialState.throttled
    ).model_dump(by_alias=True, mode="json")
    assert shown["state"] == "throttled"
    assert {"providerId", "credentialType", "lastUsedAt", "maskedValue", "displayText"} <= set(shown)
    assert "sealed" not in shown and "SEALED" not in repr(shown)


def models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that an annotation, or a field of a model of it, names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_within(field.annotation)
    for part in get_args(annotation):
        yield from models_within(part)


def test_every_body_refuses_what_nobody_knows() -> None:
    bodies = [
        (f"{sorted(route.methods or ())} {route.path}", model)
        for route in iter_route_contexts(routes().routes)
        if route.path != "/api/openapi.json"
        for body in route.dependant.body_params
        for model in models_within(body.field_info.annotation)
    ]
    assert len(bodies) > 30
    assert [(route, model.__name__) for route, model in bodies if model.model_config.get("extra") != "forbid"] == []
