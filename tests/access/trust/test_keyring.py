"""The keys of trusted issuers: fetched seldom, kept through an outage, and only those that can check signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from joserfc.jwk import Key, OctKey, RSAKey

from aigne_hub.base.errors import Unavailable
from tests.access.trust.room import Room
from tests.platform_issuer import Platform, rsa

pytestmark = pytest.mark.anyio


Find = Callable[..., Awaitable[Key | None]]


@pytest.fixture
async def find(room: Room, platform: Platform) -> Find:
    issuer = await room.trust(platform, (await room.user()).id, jwks_url=f"{platform.url}/keys")

    async def found(kid: str | None = "one", algorithm: str = "RS256") -> Key | None:
        return await room.keys.find(issuer, algorithm, kid)

    return found


async def test_keys_are_fetched_once_in_ten_minutes(room: Room, platform: Platform, find: Find) -> None:
    await asyncio.gather(*(find() for _ in range(20)))
    room.clock.ahead_s = 590
    assert await find()
    assert platform.asked == ["/keys"]
    room.clock.ahead_s = 601
    assert await find()
    assert platform.asked == ["/keys"] * 2


async def test_an_unknown_key_is_looked_for_every_half_minute(room: Room, platform: Platform, find: Find) -> None:
    assert await find()
    platform.keys.append(rsa("two"))
    for _ in range(10):
        assert await find("two") is None
    assert len(platform.asked) == 1
    room.clock.ahead_s = 31
    assert await find("two")
    for _ in range(10):
        assert await find("three") is None
    assert len(platform.asked) == 2


async def test_an_outage_of_the_issuer_is_survived_for_an_hour(room: Room, platform: Platform, find: Find) -> None:
    assert await find()
    platform.is_down = True
    room.clock.ahead_s = 3590
    assert await find()
    room.clock.ahead_s = 3700
    with pytest.raises(Unavailable):
        await find()
    platform.is_down = False
    room.clock.ahead_s = 3710
    assert await find()


async def test_a_key_that_was_withdrawn_is_gone_after_ten_minutes(room: Room, platform: Platform, find: Find) -> None:
    assert await find()
    platform.keys[:] = [rsa("two")]
    room.clock.ahead_s = 601
    assert await find() is None


@pytest.mark.filterwarnings("ignore:Key size")  # it is small on purpose
async def test_only_keys_that_check_signatures_count(room: Room, platform: Platform, find: Find) -> None:
    platform.keys[:] = [
        OctKey.generate_key(256, {"kid": "shared"}),
        RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"}),
        RSAKey.generate_key(1024, {"kid": "small"}),
        RSAKey.generate_key(2048, {"kid": "other", "alg": "RS512"}),
        rsa(),
    ]
    for kid in ("shared", "enc", "small", "other"):
        assert await find(kid) is None, kid
    assert await find("other", "RS512") and await find()
    assert await find(algorithm="ES256") is None
    assert await find(None)  # the only one that fits
    assert await find(None, "RS512") is None  # two would


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://keys.example/keys"},
        {"jwks_uri": 7},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_discovery_document_that_is_not_the_issuers_own_names_no_keys(
    room: Room, platform: Platform, discovery: dict[str, object]
) -> None:
    issuer = await room.trust(platform, (await room.user()).id)
    platform.discovery = discovery
    with pytest.raises(Unavailable):
        await room.keys.find(issuer, "RS256", "one")


async def test_whoever_waits_for_an_issuer_that_hangs_does_not_wait_again(
    room: Room, platform: Platform, find: Find
) -> None:
    platform.goes_on.clear()
    waiting = [asyncio.ensure_future(find()) for _ in range(5)]
    async with asyncio.timeout(5):
        while not platform.asked:
            await asyncio.sleep(0.01)
    room.clock.ahead_s = 15  # as long as a fetch may last
    platform.is_down = True
    platform.goes_on.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in outcomes] == [Unavailable] * 5
    assert platform.asked == ["/keys"]


async def test_of_many_who_come_with_a_key_just_published_none_is_refused(
    room: Room, platform: Platform, find: Find
) -> None:
    assert await find()
    platform.keys[:] = [rsa("two")]
    room.clock.ahead_s = 31
    assert all(await asyncio.gather(*(find("two") for _ in range(5))))
    assert platform.asked == ["/keys"] * 2


async def test_an_answer_that_lists_no_keys_is_an_outage_and_not_their_end(
    room: Room, platform: Platform, find: Find
) -> None:
    assert await find()
    platform.published = {"error": "try later"}
    room.clock.ahead_s = 601
    assert await find()
    platform.published = {"keys": []}
    room.clock.ahead_s = 607
    assert await find() is None
