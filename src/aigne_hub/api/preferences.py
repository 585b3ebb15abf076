"""What operators may change while the hub runs, over the API, lives here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.catalog.rates.entries import CreditPrefix
from aigne_hub.flows.change_preferences import AllPreferences

router = APIRouter(tags=["preferences"])


class ShownPreferences(Shape):
    local_sign_in: bool
    dynamic_registration: bool
    credit_based_billing_enabled: bool
    credit_prefix: CreditPrefix
    excluded_rotation_providers: Annotated[str, Field(description="Names with commas: no bare name leads to them.")]

    @classmethod
    def of(cls, kept: AllPreferences) -> ShownPreferences:
        return cls(
            local_sign_in=kept.access.local_sign_in,
            dynamic_registration=kept.access.dynamic_registration,
            credit_based_billing_enabled=kept.billing.is_on,
            credit_prefix=kept.billing.prefix,
            excluded_rotation_providers=",".join(kept.excluded),
        )


class PreferenceChange(Strict):
    local_sign_in: bool | None = None
    dynamic_registration: bool | None = None
    credit_based_billing_enabled: bool | None = None
    credit_prefix: CreditPrefix | None = None
    excluded_rotation_providers: Annotated[str, Field(max_length=5000)] | None = None


@router.get("")
async def read(_by: Admin, house: InHouse, conn: Read) -> ShownPreferences:
    return ShownPreferences.of(await house.preferences.read(conn))


@router.patch("")
async def change(body: PreferenceChange, by: Admin, house: InHouse, conn: Write) -> ShownPreferences:
    """Passwords and passkeys can be switched off once an owner can come in by single sign-on.

    With `creditBasedBillingEnabled` every call has a price, and a model without a rate cannot be called.
    """
    return ShownPreferences.of(await house.preferences.change(conn, by.actor, **body.model_dump()))
