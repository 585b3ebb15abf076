"""Trusted issuers of the tests: the real ones, with the real client, and a monotonic time that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aigne_hub.access.identity import Role, Scope, User, UserId, UserKind
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.access.trust.issuers import IssuerDraft, TrustedIssuers
from aigne_hub.access.trust.keyring import KeyRing
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.access.trust.tokens import TrustedTokens
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions
from aigne_hub.outbound import Client, Guard
from tests.platform_issuer import AUDIENCE, Platform


class LeapingClock(Clock):
    """The real time, moved on by a test."""

    ahead_s = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + int(self.ahead_s * 1000)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


@dataclass
class Room:
    database: Database
    clock: LeapingClock = field(default_factory=LeapingClock)

    def __post_init__(self) -> None:
        vault, ids = Vault(bytes(32)), IdSource(self.clock, 1)
        self.journal = Journal(vault, self.clock)
        self.users = Users(self.clock, ids, self.journal)
        self.issuers = TrustedIssuers(self.clock, ids, self.journal)
        self.access = AccessSnapshot(vault, self.clock, stale_s=1e9)
        self.client = Client(deadlines=Deadlines(), guard=Guard(allow_private=True))
        self.keys = KeyRing(self.client, self.clock)
        self.tokens = TrustedTokens(self.access, self.keys, self.clock)

    async def user(self, role: Role = Role.member) -> User:
        async with self.database.write() as conn:
            user = await self.users.add(conn, SYSTEM, "Robot", role=role, kind=UserKind.service)
        await self.look()
        return user

    async def trust(
        self, platform: Platform, user_id: UserId, *, highest: Role = Role.owner, **changes: Any
    ) -> TrustedIssuer:
        values = {
            "name": "Platform",
            "url": platform.url,
            "audience": AUDIENCE,
            "algorithms": ("RS256", "ES256", "EdDSA"),
            "subjects": {"job-1": user_id},
            "scopes": frozenset({Scope.inference}),
            **changes,
        }
        async with self.database.write() as conn:
            made = await self.issuers.add(conn, SYSTEM, IssuerDraft(**values), highest=highest)
        await self.look()
        return made

    async def change(self, issuer: TrustedIssuer, **changes: Any) -> TrustedIssuer:
        async with self.database.write() as conn:
            changed = await self.issuers.change(conn, SYSTEM, issuer.id, IssuerDraft(**changes), highest=Role.owner)
        await self.look()
        return changed

    async def look(self) -> None:
        async with self.database.read() as conn:
            await self.access.load(conn, (await read_versions(conn))[AccessSnapshot.counter])
        self.access.confirm()
