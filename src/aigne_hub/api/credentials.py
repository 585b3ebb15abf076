"""Credentials of a provider over the API live here (contract 2.8). None is kept before it was tried."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from aigne_hub.api.callers import Admin, InHouse, Write
from aigne_hub.api.shapes import Message, NewCredential, ShownCredential, TestedCredential
from aigne_hub.api.values import as_id
from aigne_hub.base.throttle import Throttle
from aigne_hub.catalog.entries import CredentialId, ProviderId
from aigne_hub.flows.keep_credential import CredentialDraft

_TESTS = 5
_TESTS_PER_S = 600.0


def credential_routes() -> APIRouter:
    router = APIRouter()
    throttle = Throttle(_TESTS, _TESTS_PER_S)

    @router.post("/{provider_id}/credentials")
    async def add(provider_id: str, body: NewCredential, by: Admin, house: InHouse) -> ShownCredential:
        kept = await house.credentials.add(by.actor, _provider(provider_id), _draft(body))
        return ShownCredential.of(kept)

    @router.post("/{provider_id}/credentials/test")
    async def test(provider_id: str, body: TestedCredential, by: Admin, house: InHouse) -> dict[str, bool]:
        """Try a credential without keeping it; 5 times in 10 minutes for each user."""
        throttle.take(by.caller.user.id, house.clock.monotonic())
        draft = CredentialDraft("test", body.kind, body.fields, body.test_model)
        await house.credentials.test(_provider(provider_id), draft)
        return {"success": True}

    @router.put("/{provider_id}/credentials/{credential_id}")
    async def change(
        provider_id: str, credential_id: str, body: NewCredential, by: Admin, house: InHouse
    ) -> ShownCredential:
        kept = await house.credentials.change(
            by.actor, _provider(provider_id), _credential(credential_id), _draft(body)
        )
        return ShownCredential.of(kept)

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
        return ShownCredential.of(kept)

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
    return CredentialDraft(body.name, body.kind, body.fields, body.test_model)
