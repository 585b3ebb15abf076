"""What the control plane refuses is handed to the journal here."""

from __future__ import annotations

from fastapi import Request

from aigne_hub.api.callers import address_of, request_id_of, the_house
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import HubError


async def note_refusal(request: Request, error: HubError) -> None:
    """Note that a request was refused, by whom it was made if that is known."""
    known: Actor | None = getattr(request.state, "actor", None)
    actor = known or Actor("anyone", address=address_of(request), request_id=request_id_of(request))
    await the_house(request).refusals.note(actor, error, method=request.method, path=request.scope["path"])
