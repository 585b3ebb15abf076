"""How often a resolver is asked."""

from __future__ import annotations

import asyncio
import socket

import pytest

from aigne_hub.outbound.lookup import Lookups, resolve_by_system

pytestmark = pytest.mark.anyio


async def test_a_burst_asks_once_and_each_port_by_itself() -> None:
    asked: list[tuple[str, int]] = []

    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        asked.append((host, port))
        await asyncio.sleep(0.01)
        return [(socket.AF_INET, "192.168.0.1")]

    lookups = Lookups(resolver)
    results = await asyncio.gather(*(lookups.find("a.example", port) for port in (80, 80, 443, 80)))
    assert results == [[(socket.AF_INET, "192.168.0.1")]] * 4
    assert asked == [("a.example", 80), ("a.example", 443)]


async def test_a_miss_is_remembered_for_a_burst() -> None:
    asked = 0

    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        nonlocal asked
        asked += 1
        raise socket.gaierror(-2, "nope")

    lookups = Lookups(resolver)
    assert await asyncio.gather(*(lookups.find("gone.example", 80) for _ in range(3))) == [[], [], []]
    assert asked == 1


async def test_one_that_gives_up_leaves_the_question_to_the_next() -> None:
    asked = 0

    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.Event().wait()
        return [(socket.AF_INET, "192.168.0.1")]

    lookups = Lookups(resolver)
    first, second = (asyncio.ensure_future(lookups.find("a.example", 80)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == [(socket.AF_INET, "192.168.0.1")]
    assert first.cancelled()


async def test_the_memory_is_bounded() -> None:
    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        return []

    lookups = Lookups(resolver)
    for port in range(3000):
        await lookups.find("a.example", port)
    assert len(lookups._lookups) <= 1000


async def test_the_system_reads_numbers() -> None:
    assert await resolve_by_system("127.0.0.1", 80) == [(socket.AF_INET, "127.0.0.1")]
