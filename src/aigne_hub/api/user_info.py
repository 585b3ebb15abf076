"""Who a key belongs to, as the reference's clients ask (contract 2.9)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from aigne_hub.api.callers import SignedIn, origin_of
from aigne_hub.api.shapes import Shape

router = APIRouter(tags=["usage"])


class ReferenceUser(Shape):
    did: str
    full_name: str
    email: str | None
    avatar: str | None = None


class UserInfo(Shape):
    """Without credits nothing is charged: there is no balance, and nothing to pay."""

    user: ReferenceUser
    credit_balance: dict[str, Any] | None = None
    payment_link: str | None = None
    currency: dict[str, Any] | None = None
    enable_credit: bool = False
    profile_link: str
    credit_prefix: str = "$"


@router.get("/info")
async def info(by: SignedIn, request: Request) -> UserInfo:
    user = by.caller.user
    return UserInfo(
        user=ReferenceUser(did=str(user.id), full_name=user.name, email=user.email),
        profile_link=f"{origin_of(request)}/profile",
    )
