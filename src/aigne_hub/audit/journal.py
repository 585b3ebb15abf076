"""Writing the journal and proving it whole live here."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, replace

from aigne_hub.audit import store
from aigne_hub.audit.records import Actor, Facts, Outcome, Row, Target, Verdict
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.db.engine import Conn

_PART = 1000
_FIRST = b"\x00" * 32  # what the first row's hash covers in place of a row before it
_LONGEST_FACT = 2000  # characters of one value; more is cut, so that no row grows without bound
_SECRET_NAMES = {"password", "secret", "token", "api_key", "key", "value", "credential", "client_secret", "code"}


class Journal:
    """Notes what happens, each row chained to the one before by a keyed hash (HMAC-SHA-256).

    The key is the vault's, so whoever can write to the database alone cannot forge a chain.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def note(
        self,
        conn: Conn,
        actor: Actor,
        action: str,
        target: Target | None = None,
        *,
        before: Facts | None = None,
        after: Facts | None = None,
        outcome: Outcome = Outcome.done,
    ) -> Row:
        """Add a row, as a step of the transaction of the change itself; the last step, as it locks the journal.

        `action` is `thing.verb` in the house's words (`key.create`). Values under a secret's name are masked
        here too, should one ever come.
        """
        seq = await store.next_seq(conn)
        row = Row(seq, self._clock.now_ms(), _bounded(actor), action, target, outcome, _text(before), _text(after))
        row = replace(row, hash=self._hash(row, await store.hash_of(conn, seq - 1) or _FIRST))
        await store.add_row(conn, row)
        return row

    async def verify(self, conn: Conn) -> Verdict:
        """Walk the whole chain and name the first row that is missing, changed, moved or forged."""
        previous, seen = _FIRST, 0
        while part := await store.rows_after(conn, seen, _PART):
            for row in part:
                if row.seq != seen + 1:
                    return Verdict(seen, seen + 1, f"row {seen + 1} is missing", previous)
                if not hmac.compare_digest(row.hash, self._hash(row, previous)):
                    return Verdict(seen, row.seq, f"row {row.seq} is not as it was written", previous)
                previous, seen = row.hash, row.seq
        if (wanted := await store.last_seq(conn)) != seen:
            return Verdict(seen, seen + 1, f"rows {seen + 1} to {wanted} are missing", previous)
        return Verdict(seen, None, None, previous)

    def _hash(self, row: Row, previous: bytes) -> bytes:
        facts = {**asdict(row), "hash": previous.hex()}
        return self._vault.digest("audit row " + json.dumps(facts, sort_keys=True, separators=(",", ":")))


def _bounded(actor: Actor) -> Actor:
    return replace(
        actor,
        name=actor.name and actor.name[:254],
        address=actor.address and actor.address[:45],
        request_id=actor.request_id and actor.request_id[:128],
    )


def _text(facts: Facts | None) -> str | None:
    if facts is None:
        return None
    return json.dumps({name: _shown(name, value) for name, value in facts.items()}, sort_keys=True, default=str)


def _shown(name: str, value: object) -> object:
    if name in _SECRET_NAMES and value is not None:
        return "***"
    if isinstance(value, str):
        return value[:_LONGEST_FACT]
    return value
