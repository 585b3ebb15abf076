"""A device's request: begun, polled as often as it may be, answered by a person, good once."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.identity import Role, Scope, User
from aigne_hub.access.oauth.device.desk import LETTERS, DeviceCodes, DeviceDesk
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Grant, Issued, NewClient
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, Unavailable
from tests.access.oauth.room import ANYONE, SCOPES, Room, code_of, good

pytestmark = pytest.mark.anyio

DEVICE = Grant.device_code.value


async def begin(room: Room, made: NewClient, **form: str) -> DeviceCodes:
    async with room.database.write() as conn:
        return await room.server.devices.begin(conn, made.client, Parameters(form.items()))


async def answer(room: Room, code: str, user: User, *, allow: bool = True) -> None:
    async with room.database.write() as conn:
        await room.server.devices.answer(conn, ANYONE, code, user, is_allowed=allow)


async def poll(room: Room, made: NewClient, codes: DeviceCodes, *, after_s: float = 5) -> Issued | OAuthError:
    room.clock.advance(after_s)
    return await room.redeem(made, grant_type=DEVICE, device_code=codes.device_code)


async def test_a_device_gets_its_tokens_once_a_person_allowed_it(room: Room) -> None:
    user, made = await room.user(), await room.client(is_public=True)
    codes = await begin(room, made)
    assert len(codes.user_code) == 9 and codes.user_code[4] == "-"
    assert set(codes.user_code) - {"-"} <= set(LETTERS) and len(set(LETTERS)) == 20
    assert codes.user_code not in repr(codes)
    assert code_of(await poll(room, made, codes)) == "authorization_pending"
    async with room.database.read() as conn:
        question = await room.server.devices.open(conn, codes.user_code, user)
    assert (question.client, question.scopes) == (made.client, SCOPES)
    await answer(room, codes.user_code, user)
    issued = good(await poll(room, made, codes))
    caller = await room.caller(issued.access)
    assert caller is not None and caller.user.id == user.id
    assert code_of(await poll(room, made, codes)) == "invalid_grant"
    good(await room.refresh(made, issued.refresh))


async def test_a_device_that_polls_too_fast_is_told_to_slow_down_by_five_seconds_each_time(room: Room) -> None:
    made = await room.client()
    codes = await begin(room, made)
    assert code_of(await poll(room, made, codes, after_s=0)) == "authorization_pending"
    assert code_of(await poll(room, made, codes, after_s=4)) == "slow_down"
    assert code_of(await poll(room, made, codes, after_s=5)) == "slow_down"  # ten were needed, fifteen are now
    assert code_of(await poll(room, made, codes, after_s=15)) == "authorization_pending"
    assert code_of(await poll(room, made, codes, after_s=14)) == "slow_down"


async def test_a_no_is_told_to_the_device(room: Room) -> None:
    user, made = await room.user(), await room.client()
    codes = await begin(room, made)
    await answer(room, codes.user_code, user, allow=False)
    assert code_of(await poll(room, made, codes)) == "access_denied"
    assert len(await room.journal_of("device.deny")) == 1


async def test_a_request_ends_after_ten_minutes(room: Room) -> None:
    user, made = await room.user(), await room.client()
    codes = await begin(room, made)
    room.clock.advance(600)
    assert code_of(await poll(room, made, codes)) == "expired_token"
    with pytest.raises(BadRequest):
        await answer(room, codes.user_code, user)


async def test_a_device_code_is_of_one_client(room: Room) -> None:
    user, made, other = await room.user(), await room.client(), await room.client(name="Other")
    codes = await begin(room, made)
    await answer(room, codes.user_code, user)
    assert code_of(await poll(room, other, codes)) == "invalid_grant"
    good(await poll(room, made, codes))


async def test_a_user_code_is_read_as_people_write_it_and_answered_once(room: Room) -> None:
    user, made = await room.user(), await room.client()
    codes = await begin(room, made)
    await answer(room, f" {codes.user_code.lower().replace('-', ' ')} ", user)
    for code in (codes.user_code, "BCDF-GHJK", "", "BCD", "ÄÖÜ", codes.user_code + "B"):
        with pytest.raises(BadRequest) as refused:
            await answer(room, code, user)
        assert (refused.value.code, refused.value.refused_as) == ("device_code_unknown", "device.refuse")


async def test_what_was_taken_back_before_the_device_asked_gives_nothing(room: Room) -> None:
    user, made = await room.user(), await room.client()
    codes = await begin(room, made)
    await answer(room, codes.user_code, user)
    async with room.database.write() as conn:
        ((one, _),) = await room.server.authorizations.list(conn, user.id)
        await room.server.authorizations.end(conn, SYSTEM, user.id, one.id)
    await room.issued(made, user)  # allowed again, but not this device
    assert code_of(await poll(room, made, codes)) == "access_denied"


async def test_a_device_asks_for_no_more_than_its_client_may_nor_its_person_has(room: Room) -> None:
    user, made = await room.user(), await room.client(scopes=SCOPES | {Scope.admin})
    with pytest.raises(OAuthError, match="these scopes"):
        await begin(room, made, scope="keys.manage")
    codes = await begin(room, made, scope="inference admin")
    await answer(room, codes.user_code, user)
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, user.id, role=Role.admin)
    assert good(await poll(room, made, codes)).scopes == {Scope.inference}


async def test_only_so_many_devices_wait(room: Room) -> None:
    made, server = await room.client(), room.server
    narrow = DeviceDesk(room.vault, room.clock, room.ids, server.tokens, server.authorizations, room.journal, most=1)
    async with room.database.write() as conn:
        await narrow.begin(conn, made.client, Parameters([]))
        with pytest.raises(Unavailable):
            await narrow.begin(conn, made.client, Parameters([]))
        room.clock.advance(601)
        await narrow.begin(conn, made.client, Parameters([]))


async def test_of_many_who_poll_or_answer_at_once_one_is_served(room: Room) -> None:
    user, made = await room.user(), await room.client()
    codes = await begin(room, made)
    answers = await asyncio.gather(*(answer(room, codes.user_code, user) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["BadRequest", "BadRequest", "NoneType"]
    outcomes = await asyncio.gather(*(poll(room, made, codes, after_s=100) for _ in range(5)))
    assert len([one for one in outcomes if isinstance(one, Issued)]) == 1
