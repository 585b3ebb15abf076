"""Signing in at an issuer, below the door: what a way there holds, and that nobody is made twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.sign_in import Device
from aigne_hub.access.signin.sso.issuers import IssuerDraft
from aigne_hub.access.tickets import store as ticket_store
from aigne_hub.access.tickets.desk import Purpose
from aigne_hub.audit.records import SYSTEM, Actor
from aigne_hub.flows.sign_in_sso import Departure, Return
from tests.issuer import CLIENT_ID, CLIENT_SECRET, FakeIssuer, serve_issuer
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

HERE = Device("127.0.0.1", "a browser")


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with serve_issuer() as serving:
        yield serving


async def registered(hub: RunningHub, issuer: FakeIssuer) -> int:
    draft = IssuerDraft(name="Corp", url=issuer.url, client_id=CLIENT_ID, secret=CLIENT_SECRET)
    async with hub.house.database.write() as conn:
        return (await hub.house.single_sign_on.issuers.add(conn, SYSTEM, Role.owner, draft)).id


def brought(issuer: FakeIssuer, departure: Departure) -> Return:
    query = issuer.allow(departure.url)
    return Return(query["state"], query["code"], query["iss"], None, departure.browser)


async def test_what_goes_through_the_browser_holds_no_secret_of_the_way(hub: RunningHub, issuer: FakeIssuer) -> None:
    way = hub.house.single_sign_on
    departure = await way.depart(await registered(hub, issuer), "http://hub/cb", "/")
    async with hub.house.database.read() as conn:
        (ticket,) = await ticket_store.list_open(conn, Purpose.sso, hub.house.clock.now_ms())
    assert departure.browser not in ticket.payload  # what is kept does not make a browser
    assert "code_verifier" not in departure.url and CLIENT_SECRET not in departure.url
    assert departure.browser not in repr(departure)


async def test_two_arrivals_at_once_make_one_account(hub_on_both: RunningHub, issuer: FakeIssuer) -> None:
    hub, way = hub_on_both, hub_on_both.house.single_sign_on
    issuer_id = await registered(hub, issuer)
    departures = [await way.depart(issuer_id, "http://hub/cb", "/") for _ in range(2)]
    returns = [brought(issuer, departure) for departure in departures]
    actor = Actor("anyone", address="127.0.0.1")
    first, second = await asyncio.gather(*(way.arrive(actor, one, HERE, None) for one in returns))
    assert first.signed_in is not None and second.signed_in is not None
    assert first.signed_in.user.id == second.signed_in.user.id
