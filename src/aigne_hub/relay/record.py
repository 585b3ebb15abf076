"""What every way of answering a call shares lives here: where it comes from, its refusals, its record's two ends."""

from __future__ import annotations

import structlog
from msgspec import Struct, structs

from aigne_hub.access.identity import Caller
from aigne_hub.base.errors import BadRequest, HubError, NotAllowed, Unavailable, UpstreamFailed
from aigne_hub.billing.pricing import Prices
from aigne_hub.catalog.entries import Target
from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.usage import Usage
from aigne_hub.relay.shared import Shared
from aigne_hub.relay.timing import Timing
from aigne_hub.usage.recorder import Facts, OpenCall, Price, Recorder
from aigne_hub.usage.records import CallId, Source, Status

log = structlog.get_logger()

HUNG_UP = "the caller hung up before the end"


class Origin(Struct, frozen=True):
    """Where a call comes from, for its record: the id it has from the door on, and its caller's words."""

    call_id: CallId
    request_id: str
    app: str | None
    is_strict: bool = False  # refuse what a translation would lose
    headers: tuple[tuple[bytes, bytes], ...] = ()  # of the caller's dialect, for a provider that speaks it too
    tags: bytes = b""  # of the header x-hub-tags, which conditions of routes look at
    hub_url: str = ""  # where the caller reached the hub, when it wants what is made at an address
    shared: Shared | None = None  # the answer, when others may follow it
    timing: Timing | None = None  # where its time goes, when callers are told


def refuse_foreign_model(caller: Caller, name: str, target: Target) -> None:
    """Raises NotAllowed when the caller's key is narrowed to other models."""
    if caller.rights.models is None:
        return
    if not caller.rights.allows_model(name, target.model, f"{target.provider.name}/{target.model}"):
        raise NotAllowed(f"this key may not call {name}", code="model_not_allowed", param="model")


def refuse_losses(losses: Losses, origin: Origin) -> None:
    """Raises BadRequest when a strict caller would lose something."""
    if origin.is_strict and (lost := losses.lost()):
        raise BadRequest(
            f"the model's provider cannot be told all of this request: {', '.join(lost)}. "
            "Leave it out, or do not ask for strictness.",
            code="not_carried",
            param=lost[0],
        )


def open_record(
    recorder: Recorder,
    caller: Caller,
    call: Call,
    target: Target,
    origin: Origin,
    *,
    dialect: str,
    upstream: str,
    losses: Losses,
) -> OpenCall:
    facts = Facts(
        id=origin.call_id,
        request_id=origin.request_id,
        user_id=caller.user.id,
        key_id=caller.means_id,
        provider_id=target.provider.id,
        credential_id=target.credential_id,
        model=call.model,
        upstream_model=target.model,
        kind=call.kind.value,
        app=origin.app,
        dialect=dialect,
        upstream_dialect=upstream,
    )
    record = recorder.open(facts, losses, _price(target, call.kind))
    if origin.shared is not None:
        record.also = origin.shared.steps
    return record


def turn_record(
    record: OpenCall, call: Call, target: Target, *, upstream: str, losses: Losses, began_ms: int | None = None
) -> None:
    """The call goes on with another target, asked now or a while ago: from now on its record is about that."""
    facts = structs.replace(facts_at(record, target), upstream_dialect=upstream)
    record.begin_attempt(facts, losses, _price(target, call.kind), began_ms=began_ms)


def facts_at(record: OpenCall, target: Target) -> Facts:
    """What is known of the call, were it with this target."""
    return structs.replace(
        record.facts,
        provider_id=target.provider.id,
        credential_id=target.credential_id,
        upstream_model=target.model,
    )


def end_attempt(record: OpenCall, error: UpstreamFailed) -> None:
    record.end_attempt(error.kind.value, error.upstream_status, f"{error.code}: {error.message}")


def _price(target: Target, kind: Kind) -> Price | None:
    """The price of a call that begins now: whatever rates are changed to meanwhile, it stays."""
    tariff = target.tariff
    if tariff is None:
        return None
    is_by_picture = kind is Kind.image
    return Prices(tariff.input, tariff.output, tariff.cache_read, tariff.cache_write, is_by_picture).price


def label_of(record: OpenCall, target: Target, credit_prefix: str) -> Label:
    return Label(
        record.id, record.started_ms // 1000, f"{target.provider.name}/{target.model}", record.price, credit_prefix
    )


async def fail_record(record: OpenCall, error: HubError, source: Source, usage: Usage | None = None) -> None:
    """Settle a call that failed; durable before its caller learns of it."""
    # A provider's words may quote the prompt: they go to the record, the log has the code alone.
    facts = {"call": str(record.id), "request_id": record.facts.request_id, "code": error.code}
    if record.is_settled:  # settling itself failed: the database is away, and that is the error
        log.error("call not recorded", **facts)
        return
    log.warning("call failed", provider=record.facts.provider_id, **facts)
    if isinstance(error, UpstreamFailed):
        end_attempt(record, error)
    if record.usage is not None:  # the provider's own last word, though the answer was none
        usage, source = record.usage, Source.reported
    try:
        await record.settle(Status.failed, usage, source=source, error=f"{error.code}: {error.message}")
    except Unavailable:
        log.error("call not recorded", **facts)
