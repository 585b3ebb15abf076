"""The cookies of the console live here: the session, and the devices that an account knows."""

from __future__ import annotations

import hmac

from fastapi import Request, Response

from aigne_hub.access.bearer import find_cookie
from aigne_hub.access.signin.sessions import LIFE_S, SignedIn
from aigne_hub.access.signin.sign_in import Device
from aigne_hub.api.callers import SESSION_COOKIE, address_of, is_secure
from aigne_hub.house import House

DEVICE_COOKIE = "hub_device"
_DEVICE_S = 400 * 86_400  # as long as browsers keep one


def device_of(request: Request, house: House, email: str | None = None) -> Device:
    """Where a request comes from; known when the same account has signed in there before."""
    shown = find_cookie(request.headers.raw, DEVICE_COOKIE) or ""
    is_known = email is not None and hmac.compare_digest(shown.encode(), house.sessions.device_mark(email).encode())
    return Device(address_of(request), request.headers.get("user-agent", ""), is_known)


def give_session(request: Request, response: Response, house: House, signed_in: SignedIn) -> None:
    """Set the session's cookie, and the one by which the device is known at the next sign-in."""
    secure = is_secure(request)
    response.set_cookie(
        SESSION_COOKIE, signed_in.secret, max_age=LIFE_S, path="/", secure=secure, httponly=True, samesite="lax"
    )
    if signed_in.user.email is not None:
        mark = house.sessions.device_mark(signed_in.user.email)
        response.set_cookie(
            DEVICE_COOKIE, mark, max_age=_DEVICE_S, path="/api/auth", secure=secure, httponly=True, samesite="strict"
        )
    response.headers["cache-control"] = "no-store"


def take_session(request: Request, response: Response) -> None:
    """Take the session's cookie away."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=is_secure(request), httponly=True, samesite="lax")
