"""Listeners: what the hub tells them of models, whom it takes, and whom it lets go."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from aigne_hub.dialects.call import Kind
from aigne_hub.edge import sockets
from aigne_hub.edge.sockets import MOST_OF_ADDRESS
from tests.running import RunningHub, served_hub
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio

DOWN = {
    "event": "model.status.updated",
    "data": {
        "provider": "up",
        "model": "m",
        "available": False,
        "error": {"code": "Model Unavailable", "message": "the provider failed (status 500)"},
        "type": "chatCompletion",
    },
}
UP = {"event": DOWN["event"], "data": {**DOWN["data"], "available": True, "error": None}}  # type: ignore[dict-item]


@asynccontextmanager
async def listening(url: str, path: str = "/websocket", **headers: str) -> AsyncIterator[ClientConnection]:
    address = url.replace("http:", "ws:") + path
    async with connect(address, additional_headers=headers, proxy=None, close_timeout=1) as connection:
        yield connection


async def heard(connection: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await connection.recv())


async def fail_and_mend(hub: RunningHub, upstream: Upstream, listener: ClientConnection) -> None:
    upstream.script = whole({"error": {"message": "our boiler burst"}}, 500)
    await hub.ask()
    assert await heard(listener) == DOWN
    upstream.script = whole(COMPLETION)
    await hub.ask()
    assert await heard(listener) == UP


@pytest.mark.parametrize("path", ["/websocket", "/ai-kit/websocket?vsn=2.0.0"])
async def test_a_listener_hears_of_a_model_that_fails_and_of_its_return(
    hub: RunningHub, upstream: Upstream, path: str
) -> None:
    async with listening(hub.url, path, origin="https://elsewhere.example") as listener:
        await listener.send("whatever it says")
        await fail_and_mend(hub, upstream, listener)


async def test_listeners_of_every_worker_hear_of_it(hub: RunningHub, upstream: Upstream) -> None:
    async with served_hub(hub.settings) as other, listening(other) as listener:
        await fail_and_mend(hub, upstream, listener)


async def test_only_its_path_speaks_websocket_and_only_to_who_asks_for_it(hub: RunningHub) -> None:
    for path in ("/v1/models", "/healthz", "/websocket/other", "/"):
        with pytest.raises(InvalidStatus) as refused:
            async with listening(hub.url, path):
                pass
        assert refused.value.response.status_code != 101
    plain = await hub.http.get("/websocket")
    assert (plain.status_code, plain.json()["error"]["code"]) == (400, "websocket_expected")
    wish = {"connection": "upgrade", "upgrade": "websocket"}
    assert (await hub.http.get("/healthz", headers=wish)).json() == {"status": "ok"}


async def test_an_address_has_so_many_listeners_and_a_worker_too(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MOST_OF_ADDRESS):
            await stack.enter_async_context(listening(hub.url))
        with pytest.raises(InvalidStatus) as refused:
            await stack.enter_async_context(listening(hub.url))
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["retry-after"] == "60"
    async with asyncio.timeout(10):
        while True:  # those who went make room
            try:
                async with listening(hub.url):
                    break
            except InvalidStatus:
                await asyncio.sleep(0.02)
    monkeypatch.setattr(sockets, "MOST_LISTENERS", 0)
    with pytest.raises(InvalidStatus) as refused:
        async with listening(hub.url):
            pass
    assert refused.value.response.status_code == 503


async def test_who_talks_without_end_or_too_much_at_once_is_let_go(hub: RunningHub) -> None:
    for said in (["hi"] * 1000, ["x" * 5000]):
        async with listening(hub.url) as listener:
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(10):
                    for one in said:
                        await listener.send(one)
                    await listener.recv()


async def test_who_does_not_keep_up_gets_an_end_and_holds_nobody_up(
    hub: RunningHub, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_WAITING", 1)  # so that the first message is already one too many
    async with listening(hub.url) as listener:
        upstream.script = whole({"error": {}}, 500)
        await hub.ask()
        with pytest.raises(ConnectionClosed) as closed:
            await heard(listener)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    upstream.script = whole(COMPLETION)
    assert (await hub.ask()).status_code == 200


async def test_listeners_are_told_that_the_hub_stops_and_do_not_hold_it_up(hub: RunningHub) -> None:
    async with AsyncExitStack() as stack:
        async with served_hub(hub.settings) as url:
            listener = await stack.enter_async_context(listening(url))
            silent = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
            stack.callback(silent.close)
            key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
            head = f"GET /websocket HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n{key}\r\n"
            silent.sendall(head.encode())
        with pytest.raises(ConnectionClosed) as closed:
            await heard(listener)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_a_model_that_no_public_list_shows_is_not_told_of(hub: RunningHub, upstream: Upstream) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.put_models(conn, hub.provider.id, [("m", Kind.chat), ("whisper", Kind.audio)])
    await hub.catch_up()
    async with listening(hub.url) as listener:
        upstream.script = whole({"error": {"message": "our boiler burst"}}, 500)
        await hub.ask({"model": "up/whisper", "input": "hi", "voice": "alloy"}, path="/v1/audio/speech")
        await hub.ask({"model": "up/unlisted", "messages": [{"role": "user", "content": "hi"}]})
        await hub.ask()
        assert await heard(listener) == DOWN
