"""A second target beside the hub's own, and what tests of failing over share."""

from __future__ import annotations

import asyncio

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import CredentialKind, Provider
from aigne_hub.catalog.limits import ProviderLimits
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.usage import store as usage_store
from aigne_hub.usage.records import AttemptRecord, CallRecord, Status
from tests.running import RunningHub
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

AS_IT_IS = ProviderLimits(retries=0)
PLAIN = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**PLAIN, "stream": True}
ERROR = {"error": {"message": "no luck"}}


async def by_request(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A provider that is well, whatever is asked of it."""
    well = streamed(events_of(chunks_of(["Hel", "lo"]))) if asked.json.get("stream") else whole(COMPLETION)
    await well(asked, writer)


async def add(hub: RunningHub, name: str, upstream: Upstream, *dialects: str) -> Provider:
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(
            conn, SYSTEM, name, base_url=upstream.url, display_name=name, dialects=dialects, limits=AS_IT_IS
        )
        await hub.house.providers.put_models(conn, provider.id, [("m", Kind.chat)])
    await add_credential(hub, provider, "own")
    return provider


async def add_credential(hub: RunningHub, provider: Provider, name: str) -> None:
    draft = CredentialDraft(name, CredentialKind.api_key, {"api_key": f"sk-{name}-0123456789"})
    await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    await hub.catch_up()


async def attempts(hub: RunningHub) -> list[AttemptRecord]:
    call = await hub.call()
    async with hub.house.database.read() as conn:
        return (await usage_store.attempts_of(conn, [call.id])).get(call.id, [])


async def last(hub: RunningHub, count: int) -> tuple[CallRecord, list[AttemptRecord]]:
    """The newest call of `count`, once it is over."""
    async with asyncio.timeout(10):
        while True:
            calls = await hub.calls()
            if len(calls) == count and calls[-1].status is not Status.processing:
                break
            await asyncio.sleep(0.02)
    async with hub.house.database.read() as conn:
        return calls[-1], (await usage_store.attempts_of(conn, [calls[-1].id])).get(calls[-1].id, [])


async def reset(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)
