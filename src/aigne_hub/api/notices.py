"""Where notices are sent, over the API, lives here, for owners and admins."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.notices import store

router = APIRouter(tags=["notices"])


class NewWebhook(Strict):
    url: Annotated[str, Field(min_length=1, max_length=500)]


class ShownNotices(Shape):
    webhook_url: Annotated[str | None, Field(description="Its path is left out, as it may hold a secret.")]
    is_mailed: Annotated[bool, Field(description="Owners and admins are mailed too, as a mail server is set.")]


class MadeWebhook(Shape):
    url: str
    secret: Annotated[str, Field(description="Signs notices; it is shown this once.")]


class Taken(Shape):
    ok: Literal[True] = True
    status: int


@router.get("")
async def show(_by: Admin, house: InHouse, conn: Read) -> ShownNotices:
    """By which ways owners and admins are told of credentials and models in trouble."""
    webhook = await store.find_webhook(conn)
    url = None if webhook is None else webhook.shown_url
    return ShownNotices(webhook_url=url, is_mailed=house.telling.is_mailed)


@router.put("/webhook")
async def put_webhook(body: NewWebhook, by: Admin, house: InHouse, conn: Write) -> MadeWebhook:
    """Have notices sent to this address from now on, signed with a new secret."""
    made, secret = await house.webhooks.put(conn, by.actor, body.url)
    return MadeWebhook(url=made.shown_url, secret=secret)


@router.delete("/webhook", status_code=204)
async def remove_webhook(by: Admin, house: InHouse, conn: Write) -> None:
    """Send nothing any more, also of what waits."""
    await house.webhooks.remove(conn, by.actor)


@router.post("/webhook/test")
async def test_webhook(_by: Admin, house: InHouse) -> Taken:
    """Send a test notice now; 400 says why it was not taken."""
    try:
        return Taken(status=await house.telling.test())
    except UpstreamFailed as error:
        raise BadRequest(f"the webhook did not take the notice: {error.message}") from error
