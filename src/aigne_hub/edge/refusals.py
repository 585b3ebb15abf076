"""What the fast doors refuse for want of a right is handed to the journal here."""

from __future__ import annotations

from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import HubError, NotAllowed, NotSignedIn
from aigne_hub.edge.reading import Fields, address_of
from aigne_hub.edge.wire import Scope
from aigne_hub.house import House


async def note_refusal(house: House, scope: Scope, fields: Fields, request_id: str, error: HubError) -> None:
    """Note a key or token that is wrong, has ended or may not; one that was not shown at all is not noted."""
    if isinstance(error, NotSignedIn | NotAllowed) and error.code != "missing_api_key":
        error.refused_as = "access.refuse"
    if error.refused_as is None:
        return
    actor = Actor("anyone", address=address_of(scope, fields, house.settings.trusted_proxies), request_id=request_id)
    await house.refusals.note(actor, error, method=scope["method"], path=scope["path"])
