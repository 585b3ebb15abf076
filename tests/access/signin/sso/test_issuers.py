"""Keeping issuers, on both databases: secrets, addresses, and who could be locked out or mistaken."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.issuers import IssuerBook, IssuerDraft, checked_issuer_url
from aigne_hub.access.signin.sso.store import Identity
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))
IDS = IdSource(CLOCK, 1)
JOURNAL = Journal(VAULT, CLOCK)
BOOK = IssuerBook(VAULT, CLOCK, IDS, JOURNAL)
USERS = Users(CLOCK, IDS, JOURNAL)
DRAFT = IssuerDraft(name="Corp", url="https://i.example", client_id="hub", secret="a secret")


async def test_a_secret_is_sealed_for_its_issuer_and_opens_only_with_the_master_key(database: Database) -> None:
    async with database.write() as conn:
        made = await BOOK.add(conn, SYSTEM, Role.owner, DRAFT)
        assert BOOK.secret_of(made) == "a secret"
        assert made.sealed_secret is not None and b"a secret" not in made.sealed_secret
        public = await BOOK.add(conn, SYSTEM, Role.owner, IssuerDraft("Public", "https://p.example", "hub"))
        assert BOOK.secret_of(public) is None
        other = IssuerBook(Vault(bytes(31) + b"1"), CLOCK, IDS, JOURNAL)
        with pytest.raises(BadRequest, match="master key"):
            other.secret_of(made)
    assert "a secret" not in repr(DRAFT)


async def test_an_address_stays_once_people_are_known_by_it(database: Database) -> None:
    async with database.write() as conn:
        made = await BOOK.add(conn, SYSTEM, Role.owner, DRAFT)
        moved = await BOOK.change(conn, SYSTEM, Role.admin, made.id, IssuerDraft(url="https://j.example"))
        assert moved.url == "https://j.example"
        ann = await USERS.add(conn, SYSTEM, "Ann", role=Role.member)
        await store.add_identity(conn, Identity(IDS.new(), ann.id, made.id, "s", None, 0, None))
        with pytest.raises(Conflict) as refused:
            await BOOK.change(conn, SYSTEM, Role.owner, made.id, IssuerDraft(url="https://evil.example"))
        assert refused.value.code == "issuer_in_use"
        assert (await BOOK.change(conn, SYSTEM, Role.owner, made.id, IssuerDraft(url=moved.url))) == moved


async def test_there_are_only_so_many_issuers(database: Database) -> None:
    async with database.write() as conn:
        for _ in range(50):
            await BOOK.add(conn, SYSTEM, Role.owner, DRAFT)
        with pytest.raises(Conflict, match="50"):
            await BOOK.add(conn, SYSTEM, Role.owner, DRAFT)


@pytest.mark.parametrize(
    "url", ["http://localhost:9", "http://127.0.0.1:9/realms/x", "http://[::1]:9", "https://a.b/c/"]
)
def test_addresses_that_may_be_issuers(url: str) -> None:
    assert checked_issuer_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1", "https://a.b/c d", "https://a.b#c", "https://ä.b", "https://a.b/\nc", "https://[::1", ""]
)
def test_addresses_that_may_not(url: str) -> None:
    with pytest.raises(BadRequest):
        checked_issuer_url(url)
