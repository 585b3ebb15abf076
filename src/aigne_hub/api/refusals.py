"""Refusals reach the journal here: in a transaction of their own, as what was refused changed nothing."""

from __future__ import annotations

import structlog
from fastapi import Request

from aigne_hub.api.callers import address_of, request_id_of, the_house
from aigne_hub.api.throttle import Throttle
from aigne_hub.audit.records import Actor, Outcome, Target
from aigne_hub.base.errors import HubError, TooMany

log = structlog.get_logger()

_ROWS = 30
_ROWS_PER_S = 60.0


async def note_refusal(request: Request, error: HubError) -> None:
    """Note that a request was refused, by whom it was made if that is known.

    At most 30 rows a minute for each address: nobody can fill the journal by being refused.
    """
    house = the_house(request)
    known: Actor | None = getattr(request.state, "actor", None)
    actor = known or Actor("anyone", address=address_of(request), request_id=request_id_of(request))
    throttle: Throttle = request.app.state.refusals
    try:
        throttle.take(actor.address or "", house.clock.monotonic())
    except TooMany:
        log.warning("refusal not noted", address=actor.address, action=error.refused_as)
        return
    kind, about = error.about or ("path", request.scope["path"])
    target = Target(kind, _visible(about)[:64])
    assert error.refused_as is not None
    try:
        async with house.database.write() as conn:
            await house.journal.note(
                conn,
                actor,
                error.refused_as,
                target,
                after={"reason": error.code, "method": request.method},
                outcome=Outcome.refused,
            )
    except HubError as problem:
        log.error("refusal not noted", action=error.refused_as, error=problem.message)


def _visible(text: str) -> str:
    """What a caller wrote, as any database can keep it: PostgreSQL takes no U+0000."""
    return "".join(c if c.isprintable() else "?" for c in text)


def refusal_throttle() -> Throttle:
    return Throttle(_ROWS, _ROWS_PER_S)
