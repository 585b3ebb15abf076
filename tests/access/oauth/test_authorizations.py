"""What people let applications do: remembered, listed, taken back."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Grant
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import NotFound
from tests.access.oauth.room import SCOPES, Room, code_of, good

pytestmark = pytest.mark.anyio

VERIFIER = "v" * 43


async def test_what_was_allowed_grows_and_is_known(room: Room) -> None:
    user, app = await room.user(), (await room.client()).client
    desk = room.server.authorizations
    async with room.database.write() as conn:
        assert not await desk.is_known(conn, user.id, app, SCOPES)
        first = await desk.allow(conn, SYSTEM, app, user.id, frozenset({Scope.inference}))
        assert not await desk.is_known(conn, user.id, app, SCOPES)
        second = await desk.allow(conn, SYSTEM, app, user.id, frozenset({Scope.models_read}))
        assert await desk.is_known(conn, user.id, app, SCOPES)
        assert second.id == first.id and second.scopes == SCOPES
        assert await desk.list(conn, user.id) == [(second, app)]


async def test_what_was_taken_back_is_gone_and_begins_anew(room: Room) -> None:
    user, other, app = await room.user(), await room.user("Bea"), (await room.client()).client
    desk = room.server.authorizations
    async with room.database.write() as conn:
        one = await desk.allow(conn, SYSTEM, app, user.id, SCOPES)
        with pytest.raises(NotFound):
            await desk.end(conn, SYSTEM, other.id, one.id)  # somebody else's
        await desk.end(conn, SYSTEM, user.id, one.id)
        with pytest.raises(NotFound):
            await desk.end(conn, SYSTEM, user.id, one.id)
        assert await desk.list(conn, user.id) == []
        assert not await desk.is_known(conn, user.id, app, frozenset())
        again = await desk.allow(conn, SYSTEM, app, user.id, frozenset({Scope.inference}))
        assert again.scopes == {Scope.inference} and again.id != one.id
    assert len(await room.journal_of("authorization.end")) == 1


@pytest.mark.parametrize("how", ["disabled and enabled", "all revoked"])
async def test_an_admin_ends_all_that_applications_may_do_for_a_user_and_nothing_revives_it(
    room: Room, how: str
) -> None:
    user, other, app = await room.user(), await room.user("Bea"), await room.client()
    issued, others = await room.issued(app, user), await room.issued(app, other)
    code = await room.code(app, user, VERIFIER)
    async with room.database.write() as conn:
        codes = await room.server.devices.begin(conn, app.client, Parameters([]))
        await room.server.devices.answer(conn, SYSTEM, codes.user_code, user, is_allowed=True)
    async with room.database.write() as conn:
        if how == "all revoked":
            await room.keys.revoke_all(conn, SYSTEM, user.id)
        else:
            await room.users.change(conn, SYSTEM, user.id, is_disabled=True)
            await room.users.change(conn, SYSTEM, user.id, is_disabled=False)
        assert await room.server.authorizations.list(conn, user.id) == []
    assert await room.caller(issued.access) is None
    assert await room.caller(others.access) is not None
    again = await room.issued(app, user)  # allowed anew, which is no way back for what there was
    device = Grant.device_code.value
    for outcome in (
        await room.refresh(app, issued.refresh),
        await room.redeem_code(app, code, VERIFIER),
        await room.redeem(app, grant_type=device, device_code=codes.device_code),
    ):
        assert code_of(outcome) == "invalid_grant"
    assert await room.caller(again.access) is not None
    good(await room.refresh(app, others.refresh))
    (row, *_) = [row for name in ("user.change", "key.revoke_all") for row in (await room.journal_of(name))[::-1]]
    assert row.after is not None and '"tokens_ended": 2' in row.after
