"""Passkeys, below the API: what a browser is asked, and whose answer counts."""

from __future__ import annotations

import pytest

from aigne_hub.access.signin.passkeys.desk import Answered, Site
from aigne_hub.access.tickets import store as ticket_store
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, Conflict, NotSignedIn
from tests.authenticator import Authenticator
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

SITE = Site("https://hub.example.com", "hub.example.com")


async def test_a_browser_is_asked_for_a_verified_discoverable_key(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        asked = await hub.house.passkeys.ask_new(conn, SITE, hub.member.id, "Max", "max@example.com")
        known = await hub.house.passkeys.ask_known(conn, SITE)
    assert asked.options["rp"]["id"] == known.options["rpId"] == "hub.example.com"
    assert asked.options["authenticatorSelection"]["residentKey"] == "required"
    assert (
        asked.options["authenticatorSelection"]["userVerification"] == known.options["userVerification"] == "required"
    )
    assert asked.options["user"]["displayName"] == "Max"


async def test_a_key_is_registered_once_and_named_again_to_its_device(hub: RunningHub) -> None:
    device, desk = Authenticator(SITE.origin), hub.house.passkeys
    async with hub.house.database.write() as conn:
        asked = await desk.ask_new(conn, SITE, hub.member.id, "Max", None)
        made = await desk.add(
            conn, SYSTEM, SITE, hub.member.id, Answered(asked.ticket, device.create(dict(asked.options)))
        )
        assert (made.transports, made.name) == ("internal", "Passkey")
        asked = await desk.ask_new(conn, SITE, hub.member.id, "Max", None)
        assert len(asked.options["excludeCredentials"]) == 1
        with pytest.raises(Conflict):
            answer = Answered(asked.ticket, device.create(dict(asked.options)))
            await desk.add(conn, SYSTEM, SITE, hub.member.id, answer)


async def test_an_answer_of_another_site_counts_nowhere(hub: RunningHub) -> None:
    device, desk = Authenticator("https://hub.example.com.evil.example"), hub.house.passkeys
    async with hub.house.database.write() as conn:
        asked = await desk.ask_new(conn, SITE, hub.member.id, "Max", None)
        with pytest.raises(BadRequest):
            answer = Answered(asked.ticket, device.create(dict(asked.options)))
            await desk.add(conn, SYSTEM, SITE, hub.member.id, answer)


async def test_a_challenge_lives_five_minutes(hub: RunningHub) -> None:
    device, desk = Authenticator(SITE.origin), hub.house.passkeys
    async with hub.house.database.write() as conn:
        asked = await desk.ask_known(conn, SITE)
        (ticket,) = await ticket_store.list_open(conn, "passkey", 0)
        assert ticket.expires_ms - ticket.created_ms == 300_000
        with pytest.raises(NotSignedIn):  # a device that nobody registered
            answer = Answered(asked.ticket, device.get(dict(asked.options)))
            await desk.check(conn, SITE, await desk.take(conn, asked.ticket), answer)
