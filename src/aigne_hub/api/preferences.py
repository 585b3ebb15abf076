"""What operators may change while the hub runs, over the API, lives here."""

from __future__ import annotations

from fastapi import APIRouter

from aigne_hub.access.preferences import Preferences, read_preferences
from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.shapes import Shape, Strict

router = APIRouter(tags=["preferences"])


class ShownPreferences(Shape):
    local_sign_in: bool
    dynamic_registration: bool

    @classmethod
    def of(cls, kept: Preferences) -> ShownPreferences:
        return cls(local_sign_in=kept.local_sign_in, dynamic_registration=kept.dynamic_registration)


class PreferenceChange(Strict):
    local_sign_in: bool | None = None
    dynamic_registration: bool | None = None


@router.get("")
async def read(_by: Admin, conn: Read) -> ShownPreferences:
    return ShownPreferences.of(await read_preferences(conn))


@router.patch("")
async def change(body: PreferenceChange, by: Admin, house: InHouse, conn: Write) -> ShownPreferences:
    """Passwords and passkeys can be switched off once an owner can come in by single sign-on."""
    changes = {name: value for name, value in body.model_dump().items() if value is not None}
    return ShownPreferences.of(await house.preferences.change(conn, by.actor, **changes))
