"""The history of calls over the API lives here (contract 2.9)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from aigne_hub.access import store as access_store
from aigne_hub.access.identity import Role, User
from aigne_hub.api.callers import InHouse, Read, UsageReader
from aigne_hub.api.shapes import Shape, ShownProvider, iso
from aigne_hub.api.values import as_id, as_ms
from aigne_hub.base.errors import NotAllowed
from aigne_hub.base.ids import first_id_at
from aigne_hub.base.money import NANO
from aigne_hub.catalog.entries import Provider
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage import store
from aigne_hub.usage.records import AttemptRecord, CallRecord, Status

router = APIRouter()


class CallQuery(Shape):
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Query(ge=1, le=100)] = 50
    start_time: str | None = None
    end_time: str | None = None
    search: Annotated[str, Query(max_length=100)] | None = None
    status: Literal["success", "failed", "processing", "all"] = "all"
    model: Annotated[str, Query(max_length=200)] | None = None
    type: Annotated[str, Query(max_length=20)] | None = None
    provider_id: str | None = None
    app_did: Annotated[str, Query(max_length=200)] | None = None
    all_users: bool = False
    min_duration_seconds: Annotated[float, Query(ge=0, le=1e6)] | None = None


class ShownUser(Shape):
    did: str
    full_name: str
    email: str | None
    avatar: str | None = None


class ShownApp(Shape):
    app_did: str
    app_name: str


class ShownAttempt(Shape):
    """One try of a target. `outcome` is `ok`, `cut`, `lost`, `probe` or a kind of failure.

    `credentialId` is for admins.
    """

    number: int
    provider_id: str
    credential_id: str | None
    upstream_model: str
    outcome: str
    status: int | None
    started_at: str | None
    duration: int
    error: str | None


class ShownCall(Shape):
    """`duration` and `ttfb` are milliseconds, as the reference's guide says; `durationSeconds` is beside.

    `dialect` is the caller's, `upstreamDialect` the one the provider was called in, `dropped` what that lost.
    `attempts` are there when there were several, or the call failed.
    """

    id: str
    request_id: str
    call_time: int
    created_at: str | None
    provider_id: str | None
    provider: ShownProvider | None
    credential_id: str | None
    model: str
    upstream_model: str | None
    type: str
    status: str
    duration: int | None
    duration_seconds: float | None
    ttfb: int | None
    total_usage: int | float
    usage_metrics: dict[str, int | float | str]
    usage_source: str
    credits: float
    error_reason: str | None
    key_id: str
    app_did: str | None
    app_info: ShownApp | None
    user_did: str
    user_info: ShownUser | None
    dialect: str | None
    upstream_dialect: str | None
    dropped: str | None
    attempts: list[ShownAttempt] | None


class Paging(Shape):
    page: int
    page_size: int


class CallPage(Shape):
    count: int
    list: list[ShownCall]
    paging: Paging


@router.get("/model-calls", response_model_exclude_none=True)
async def model_calls(query: Annotated[CallQuery, Query()], by: UsageReader, house: InHouse, conn: Read) -> CallPage:
    """A person's own calls, newest first; everybody's for owners and admins who ask with `allUsers`."""
    if query.all_users and not by.caller.role.manages:
        raise NotAllowed("Insufficient permissions. Admin or owner role required.")
    wanted = _wanted(query, None if query.all_users else by.caller.user.id)
    found = await store.list_calls(conn, wanted, offset=(query.page - 1) * query.page_size, limit=query.page_size)
    providers = {provider.id: provider for provider in house.catalog.providers()}
    users = {user.id: user for user in await access_store.users_by_id(conn, {call.user_id for call in found})}
    tried = await store.attempts_of(conn, [call.id for call in found])
    attempts = {id_: [_attempt(one, by.caller.role) for one in several] for id_, several in tried.items()}
    return CallPage(
        count=await store.count_calls(conn, wanted),
        list=[
            _shown(call, providers.get(call.provider_id), users.get(call.user_id), attempts.get(call.id))  # type: ignore[call-overload]
            for call in found
        ],
        paging=Paging(page=query.page, page_size=query.page_size),
    )


def _wanted(query: CallQuery, user_id: int | None) -> store.CallFilter:
    start, end = as_ms(query.start_time, "startTime"), as_ms(query.end_time, "endTime")
    return store.CallFilter(
        user_id=user_id,
        from_id=None if start is None else first_id_at(start),
        to_id=None if end is None else first_id_at(end + 1000),
        status=None if query.status == "all" else Status(query.status),
        model=query.model or None,
        kind=query.type or None,
        provider_id=as_id(query.provider_id, "Provider") if query.provider_id else None,
        app=query.app_did or None,
        min_duration_ms=None if query.min_duration_seconds is None else int(query.min_duration_seconds * 1000),
        search=query.search or None,
    )


def _attempt(one: AttemptRecord, role: Role) -> ShownAttempt:
    return ShownAttempt(
        number=one.number,
        provider_id=str(one.provider_id),
        credential_id=str(one.credential_id) if role.manages else None,
        upstream_model=one.upstream_model,
        outcome=one.outcome,
        status=one.status,
        started_at=iso(one.started_ms),
        duration=one.duration_ms,
        error=one.error,
    )


def _shown(
    call: CallRecord, provider: Provider | None, user: User | None, attempts: list[ShownAttempt] | None
) -> ShownCall:
    metrics = _metrics(call.usage)
    return ShownCall(
        id=str(call.id),
        request_id=call.request_id,
        call_time=call.started_ms // 1000,
        created_at=iso(call.started_ms),
        provider_id=None if call.provider_id is None else str(call.provider_id),
        provider=ShownProvider.of(provider) if provider else None,
        credential_id=None if call.credential_id is None else str(call.credential_id),
        model=call.model,
        upstream_model=call.upstream_model,
        type=call.kind,
        status=call.status.value,
        duration=call.duration_ms,
        duration_seconds=None if call.duration_ms is None else round(call.duration_ms / 1000, 1),
        ttfb=call.first_byte_ms,
        total_usage=call.total_usage,
        usage_metrics=metrics,
        usage_source=call.usage_source.value,
        credits=(call.credits or 0) / NANO,
        error_reason=call.error,
        key_id=str(call.key_id),
        app_did=call.app,
        app_info=ShownApp(app_did=call.app, app_name=call.app) if call.app else None,
        user_did=str(call.user_id),
        dialect=call.dialect,
        upstream_dialect=call.upstream_dialect,
        dropped=call.dropped,
        attempts=attempts,
        user_info=ShownUser(did=str(user.id), full_name=user.name, email=user.email) if user else None,
    )


def _metrics(usage: Usage) -> dict[str, int | float | str]:
    """What is known of what was used, in the contract's names; what the provider did not say is left out.

    `outputTokens` are all that came out, as providers bill them: reasoning too.
    """
    written = None
    if usage.cache_write_5m is not None or usage.cache_write_1h is not None:
        written = (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)
    known: dict[str, int | float | str | None] = {
        "inputTokens": usage.input,
        "outputTokens": None if usage.output is None else usage.all_output,
        "cacheReadInputTokens": usage.cache_read,
        "cacheCreationInputTokens": written,
        "reasoningTokens": usage.reasoning,
        "audioInputTokens": usage.audio_input,
        "audioOutputTokens": usage.audio_output,
        "numberOfImageGeneration": usage.images,
        "mediaDuration": usage.seconds,
        "serviceTier": usage.tier,
        "totalTokens": None if usage.input is None else usage.total,
    }
    return {name: value for name, value in known.items() if value is not None}
