"""Credentials of a provider over the API live here (contract 2.8). None is kept before it was tried."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from aigne_hub.api.callers import Admin, InHouse, Write
from aigne_hub.api.shapes import CredentialChange, Message, NewCredential, ShownCredential, TestedCredential
from aigne_hub.api.values import as_id
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import BadRequest
from aigne_hub.base.throttle import Throttle
from aigne_hub.catalog.entries import Credential, CredentialId, ProviderId
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.house import House

_TESTS = 5
_TESTS_PER_S = 600.0


def credential_routes() -> APIRouter:
    router = APIRouter()
    throttle = Throttle(_TESTS, _TESTS_PER_S)

    @router.post("/{provider_id}/credentials")
    async def add(provider_id: str, body: NewCredential, by: Admin, house: InHouse) -> ShownCredential:
        kept = await house.credentials.add(by.actor, _provider(provider_id), _draft(body))
        return ShownCredential.of(kept, house.state_of(kept))

    @router.post("/{provider_id}/credentials/test")
    async def test(provider_id: str, body: TestedCredential, by: Admin, house: InHouse) -> dict[str, bool]:
        """Try a credential without keeping it; 5 times in 10 minutes for each user."""
        throttle.take(by.caller.user.id, house.clock.monotonic())
        draft = CredentialDraft("test", body.kind, body.fields, body.test_model)
        await house.credentials.test(_provider(provider_id), draft)
        return {"success": True}

    @router.put("/{provider_id}/credentials/{credential_id}")
    async def change(
        provider_id: str, credential_id: str, body: CredentialChange, by: Admin, house: InHouse
    ) -> ShownCredential:
        """Another value is tried at the provider, and switches the credential on unless told otherwise."""
        kept = await _changed(house, by.actor, _provider(provider_id), _credential(credential_id), body)
        return ShownCredential.of(kept, house.state_of(kept))

    @router.get("/{provider_id}/credentials/{credential_id}/check")
    async def recheck(
        provider_id: str,
        credential_id: str,
        by: Admin,
        house: InHouse,
        test_model: Annotated[str | None, Query(alias="testModel", max_length=100)] = None,
    ) -> ShownCredential:
        provider, credential = _provider(provider_id), _credential(credential_id)
        kept = await house.credentials.recheck(by.actor, provider, credential, test_model=test_model)
        return ShownCredential.of(kept, house.state_of(kept))

    @router.delete("/{provider_id}/credentials/{credential_id}")
    async def remove(provider_id: str, credential_id: str, by: Admin, house: InHouse, conn: Write) -> Message:
        await house.providers.remove_credential(conn, by.actor, _provider(provider_id), _credential(credential_id))
        return Message(message="Credential deleted successfully")

    return router


def _provider(text: str) -> ProviderId:
    return ProviderId(as_id(text, "Provider"))


def _credential(text: str) -> CredentialId:
    return CredentialId(as_id(text, "Credential"))


def _draft(body: NewCredential) -> CredentialDraft:
    return CredentialDraft(body.name, body.kind, body.fields, body.test_model, body.weight, body.concurrency)


async def _changed(
    house: House, by: Actor, provider_id: ProviderId, credential_id: CredentialId, body: CredentialChange
) -> Credential:
    if body.fields is not None:
        draft = CredentialDraft(body.name or "", body.kind, body.fields, body.test_model, body.weight, body.concurrency)
        is_on = True if body.active is None else body.active
        return await house.credentials.change(by, provider_id, credential_id, draft, active=is_on)
    if body.credential_type is not None or body.test_model is not None:
        raise BadRequest("a credential's type and test model go with its value", param="value")
    async with house.database.write() as conn:
        return await house.providers.change_credential(
            conn,
            by,
            provider_id,
            credential_id,
            name=body.name,
            weight=body.weight,
            concurrency=body.concurrency,
            active=body.active,
        )
