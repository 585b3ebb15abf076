"""A call's record and its refusals, as every way of answering needs them."""

from __future__ import annotations

import pytest
from msgspec import structs

from aigne_hub.access.identity import Caller, Means, Rights
from aigne_hub.base.errors import BadRequest, HubError, NotAllowed
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.relay.record import Origin, fail_record, label_of, open_record, refuse_foreign_model, refuse_losses
from aigne_hub.usage.records import Source, Status
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


def caller_of(hub: RunningHub) -> Caller:
    return Caller(hub.member, hub.member.role, Means.key, 7)


async def test_a_call_that_failed_is_on_record_once(hub: RunningHub) -> None:
    house = hub.house
    await house.freshness.look()
    target = house.catalog.peek("up/m")
    origin = Origin(house.recorder.new_id(), "r", None)
    call = Call(Kind.video, "up/m", b"{}")
    record = open_record(
        house.recorder, caller_of(hub), call, target, origin, dialect="a", upstream="b", losses=Losses()
    )
    assert label_of(record, target, "").target == "up/m"
    await fail_record(record, HubError("no"), Source.missing)
    await fail_record(record, HubError("no again"), Source.missing)
    (kept,) = await hub.calls()
    assert (kept.status, kept.error, kept.kind) == (Status.failed, "internal_error: no", "video")


async def test_a_narrowed_key_and_a_strict_caller_are_refused(hub: RunningHub) -> None:
    await hub.house.freshness.look()
    target = hub.house.catalog.peek("up/m")
    narrow = structs.replace(caller_of(hub), rights=Rights(models=("up/e",)))
    refuse_foreign_model(caller_of(hub), "up/m", target)
    with pytest.raises(NotAllowed):
        refuse_foreign_model(narrow, "up/m", target)
    losses = Losses()
    losses.dropped("seed")
    refuse_losses(losses, Origin(hub.house.recorder.new_id(), "r", None))
    with pytest.raises(BadRequest, match="seed"):
        refuse_losses(losses, Origin(hub.house.recorder.new_id(), "r", None, is_strict=True))
