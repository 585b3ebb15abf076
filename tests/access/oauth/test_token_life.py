"""The life of tokens as a state machine: what was revoked or has expired never passes, what is live always does."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from aigne_hub.access.identity import User, UserKind
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.records import Issued, NewClient
from aigne_hub.access.oauth.tokens import ACCESS_S, FAMILY_S, REFRESH_S
from aigne_hub.audit.records import SYSTEM
from aigne_hub.db.engine import Database
from tests.access.oauth.room import ANYONE, Room

T = TypeVar("T")
CODE_S = 60


@dataclass
class Family:
    """What came of one grant, by our own reckoning. `client` is an index, 2 the machine's."""

    client: int
    began_s: float
    is_ended: bool = False


@dataclass
class Known:
    """A token and all we believe of it; times in seconds of the model."""

    secret: str
    family: Family
    ends_s: float
    is_revoked: bool = False
    is_used: bool = False


@dataclass
class Code:
    secret: str
    verifier: str
    family: Family
    ends_s: float
    is_used: bool = False


class TokenLife(RuleBasedStateMachine):
    """Two applications and a machine, one person, a clock, and everything that can happen to their tokens."""

    template: Path

    codes: Bundle[Code] = Bundle("codes")
    refreshes: Bundle[Known] = Bundle("refreshes")
    accesses: Bundle[Known] = Bundle("accesses")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "hub.db"
        shutil.copy(self.template, path)
        self.room = Room(self.run(Database.open(f"sqlite:///{path}")))
        self.now_s = 0.0
        self.is_disabled = False
        self.known: list[Known] = []
        self.families: list[Family] = []

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.room.database.close())
        self.loop.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        self.user: User = self.run(self.room.user())
        self.robot: User = self.run(self.room.user("Robot", kind=UserKind.service))
        self.clients: list[NewClient] = [
            self.run(self.room.client(name="One")),
            self.run(self.room.client(name="Two", is_public=True)),
        ]
        self.machine: NewClient = self.run(self.room.machine(self.robot))

    @rule(target=codes, client=st.sampled_from([0, 1]))
    def allow(self, client: int) -> Code:
        verifier = secrets.token_urlsafe(48)
        secret = self.run(self.room.code(self.clients[client], self.user, verifier))
        family = Family(client, self.now_s)
        self.families.append(family)
        return Code(secret, verifier, family, self.now_s + CODE_S)

    @rule(targets=(refreshes,), code=codes, client=st.sampled_from([0, 1]), is_right=st.booleans())
    def redeem(self, code: Code, client: int, is_right: bool) -> MultipleResults[Known] | Known:
        verifier = code.verifier if is_right else secrets.token_urlsafe(48)
        outcome = self.run(self.room.redeem_code(self.clients[client], code.secret, verifier))
        is_mine = client == code.family.client
        if code.is_used and is_mine:
            self.end(code.family)
        good = is_mine and is_right and not code.is_used and self.now_s < code.ends_s
        good = good and not self.is_disabled and not code.family.is_ended
        return self.took(outcome, code.family, good, code)

    @rule(targets=(refreshes,), token=refreshes, client=st.sampled_from([0, 1]))
    def refresh(self, token: Known, client: int) -> MultipleResults[Known] | Known:
        outcome = self.run(self.room.refresh(self.clients[client], token.secret))
        is_mine = client == token.family.client
        if token.is_used and is_mine:
            self.end(token.family)
        good = is_mine and not token.is_used and not token.is_revoked and self.now_s < token.ends_s
        return self.took(outcome, token.family, good and not self.is_disabled, token)

    @rule()
    def act_as_a_machine(self) -> None:
        outcome = self.run(self.room.redeem(self.machine, grant_type="client_credentials"))
        assert isinstance(outcome, Issued) and outcome.refresh is None
        self.keep(outcome.access, Family(2, self.now_s), ACCESS_S)

    @rule(token=consumes(refreshes), client=st.sampled_from([0, 1]))
    def give_back(self, token: Known, client: int) -> None:
        if self.gave_back(token.secret, client) and client == token.family.client:
            self.end(token.family)

    @rule(number=st.integers(0, 50), client=st.sampled_from([0, 1]))
    def give_back_access(self, number: int, client: int) -> None:
        if not self.known:
            return
        token = self.known[number % len(self.known)]
        if token.secret.startswith("hubat_") and self.gave_back(token.secret, client):
            token.is_revoked = True

    @rule(client=st.sampled_from([0, 1]))
    def take_back(self, client: int) -> None:
        async def work() -> None:
            async with self.room.database.write() as conn:
                for one, found in await self.room.server.authorizations.list(conn, self.user.id):
                    if found.id == self.clients[client].client.id:
                        await self.room.server.authorizations.end(conn, SYSTEM, self.user.id, one.id)

        self.run(work())
        self.end_client(client)

    @rule(client=st.sampled_from([0, 1]))
    def switch_client_off_and_on(self, client: int) -> None:
        async def work() -> None:
            async with self.room.database.write() as conn:
                for is_disabled in (True, False):
                    row = self.clients[client].client.id
                    await self.room.server.clients.change(conn, SYSTEM, row, is_disabled=is_disabled)

        self.run(work())
        for token in self.known:
            token.is_revoked = token.is_revoked or token.family.client == client

    @rule(is_disabled=st.booleans())
    def switch_user(self, is_disabled: bool) -> None:
        async def work() -> None:
            async with self.room.database.write() as conn:
                await self.room.users.change(conn, SYSTEM, self.user.id, is_disabled=is_disabled)

        self.run(work())
        if is_disabled and not self.is_disabled:
            self.end_client(0)
            self.end_client(1)
        self.is_disabled = is_disabled

    @rule(seconds=st.sampled_from([1, CODE_S - 1, CODE_S, ACCESS_S - 1, ACCESS_S, REFRESH_S - 1, REFRESH_S]))
    def wait(self, seconds: int) -> None:
        self.room.clock.advance(seconds)
        self.now_s += seconds

    @rule()
    def forget(self) -> None:
        self.room.access.forget_ended()

    @invariant()
    def exactly_the_live_tokens_pass(self) -> None:
        for token in self.known:
            caller = self.run(self.room.caller(token.secret))
            is_access = token.secret.startswith("hubat_")
            is_good = is_access and not token.is_revoked and self.now_s < token.ends_s
            is_good = is_good and not (self.is_disabled and token.family.client != 2)
            assert (caller is not None) == is_good, token

    def took(
        self, outcome: Issued | OAuthError, family: Family, is_good: bool, used: Code | Known
    ) -> MultipleResults[Known] | Known:
        """Compare what came with what should have, and keep the tokens."""
        assert isinstance(outcome, Issued) == is_good, (outcome, family, used)
        if not isinstance(outcome, Issued):
            return multiple()
        used.is_used = True
        self.keep(outcome.access, family, ACCESS_S)
        assert outcome.refresh is not None
        return self.keep(outcome.refresh, family, REFRESH_S)

    def keep(self, secret: str, family: Family, life_s: int) -> Known:
        token = Known(secret, family, min(self.now_s + life_s, family.began_s + FAMILY_S))
        self.known.append(token)
        return token

    def gave_back(self, secret: str, client: int) -> bool:
        async def work() -> bool:
            try:
                async with self.room.database.write() as conn:
                    await self.room.server.revocations.revoke(conn, ANYONE, self.clients[client].client, secret)
            except OAuthError:
                return False
            return True

        return self.run(work())

    def end(self, family: Family) -> None:
        for token in self.known:
            token.is_revoked = token.is_revoked or token.family is family

    def end_client(self, client: int) -> None:
        for family in self.families:
            family.is_ended = family.is_ended or family.client == client
        for token in self.known:
            token.is_revoked = token.is_revoked or token.family.client == client


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_revoked_or_expired_token_never_passes_and_a_live_one_always_does(sqlite_template: Path) -> None:
    TokenLife.template = sqlite_template
    machine = TokenLife.TestCase
    machine.settings = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes, and 25 steps can be read
        suppress_health_check=list(HealthCheck),
    )
    machine("runTest").runTest()
