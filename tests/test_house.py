"""The object that doors receive: nobody changes it, and it tells how a credential is."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from aigne_hub.app import open_house
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import CredentialState
from tests.relay.worlds import throttled
from tests.running import RunningHub, settings_for

pytestmark = pytest.mark.anyio


async def test_nobody_changes_the_house(database_url: str, tmp_path: Path) -> None:
    async with open_house(settings_for(database_url, tmp_path)) as house:
        with pytest.raises(FrozenInstanceError):
            house.relay = house.relay  # type: ignore[misc]


async def test_the_state_of_a_credential_is_what_its_row_and_this_process_say(hub: RunningHub) -> None:
    house = hub.house
    await house.freshness.look()
    async with house.database.read() as conn:
        (kept,) = await store.list_credentials(conn)
    off, refused = replace(kept, active=False), replace(kept, active=False, error="refused")
    foreign = replace(kept, sealed=b"of another hub")
    assert [house.state_of(one) for one in (kept, off, refused, foreign)] == [
        CredentialState.active,
        CredentialState.off,
        CredentialState.invalid,
        CredentialState.unreadable,
    ]
    assert house.state_of(replace(foreign, active=False)) is CredentialState.off
    house.health.failed(house.catalog.peek("up/m"), throttled(60))
    assert (house.state_of(kept), house.state_of(refused)) == (CredentialState.cooling, CredentialState.invalid)
    assert house.state_of(replace(kept, updated_ms=kept.updated_ms + 1)) is CredentialState.active
