"""Links, below the API: how long they live, and what they end."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.links import INVITATION_S, RESET_S, SET_UP_S, Entering
from aigne_hub.access.signin.passkeys.desk import Site
from aigne_hub.access.signin.sign_in import Device
from aigne_hub.access.tickets.desk import TicketRefused
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter
from aigne_hub.base.errors import BadRequest
from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

SITE, DEVICE = Site("http://hub", "hub"), Device("192.0.2.1", "test")


async def test_each_kind_of_link_has_its_life(hub: RunningHub) -> None:
    now_ms = hub.house.clock.now_ms()
    async with hub.house.database.write() as conn:
        set_up = await hub.house.links.set_up(conn)
        invited = await hub.house.links.invite(conn, SYSTEM, "new@example.com", None, Role.member)
        reset = await hub.house.links.reset(conn, SYSTEM, hub.member)
    assert set_up is not None
    for made, life_s in ((set_up, SET_UP_S), (invited, INVITATION_S), (reset, RESET_S)):
        assert 0 <= made.link.expires_ms - now_ms - life_s * 1000 < 60_000
        assert made.secret not in repr(made)


async def test_a_reset_ends_the_sessions_of_whoever_had_the_old_password(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        old = await hub.house.sessions.open(conn, hub.member, method="password", address=None, user_agent="")
        made = await hub.house.links.reset(conn, SYSTEM, hub.member)
    entering = Entering(password="correct horse battery")
    new = await hub.house.links.enter(SYSTEM, SITE, made.secret, entering, DEVICE)
    async with hub.house.database.read() as conn:
        assert await hub.house.sessions.find(conn, old.secret) is None
        assert await hub.house.sessions.find(conn, new.secret)
    with pytest.raises(TicketRefused) as refused:
        await hub.house.links.enter(SYSTEM, SITE, made.secret, entering, DEVICE)
    assert refused.value.code == "link_used"


async def test_a_reset_ends_what_applications_may_do(hub: RunningHub) -> None:
    app = await register(hub)
    tokens, others = await app.tokens(), await app.tokens(hub.owner)
    async with hub.house.database.write() as conn:
        made = await hub.house.links.reset(conn, SYSTEM, hub.member)
    await hub.house.links.enter(SYSTEM, SITE, made.secret, Entering(password="correct horse battery"), DEVICE)
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.refresh(others["refresh_token"])).status_code == 200
    async with hub.house.database.read() as conn:
        (row,) = await audit_store.list_rows(conn, Filter(action="user.sign_out"), before_seq=None, limit=9)
    assert (row.actor.means, row.after) == ("link", '{"ended": 1, "tokens_ended": 2}')


async def test_a_link_is_not_used_up_by_a_bad_password(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        made = await hub.house.links.reset(conn, SYSTEM, hub.member)
    for entering in (Entering(), Entering(password="short")):
        with pytest.raises(BadRequest):
            await hub.house.links.enter(SYSTEM, SITE, made.secret, entering, DEVICE)
    assert await hub.house.links.enter(SYSTEM, SITE, made.secret, Entering(password="correct horse battery"), DEVICE)


async def test_links_are_in_the_journal_without_their_secrets(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        made = await hub.house.links.invite(conn, SYSTEM, "new@example.com", "Nina", Role.member)
        (row,) = await audit_store.list_rows(conn, Filter(action="invitation"), before_seq=None, limit=9)
    assert row.target is not None and row.target.name == "new@example.com"
    assert made.secret not in repr(row)


async def test_a_forgotten_password_makes_three_links_an_hour(hub_on_both: RunningHub) -> None:
    house = hub_on_both.house
    async with house.database.write() as conn:
        made = [await house.links.reset_forgotten(conn, SYSTEM, hub_on_both.member) for _ in range(4)]
        assert [one is not None for one in made] == [True, True, True, False]
        assert await house.links.reset_forgotten(conn, SYSTEM, hub_on_both.owner)
        assert await house.links.reset(conn, SYSTEM, hub_on_both.member)  # who manages users may always make one
