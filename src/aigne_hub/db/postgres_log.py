"""Committing batches to PostgreSQL lives here: one transaction a batch, on a connection of its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import asyncpg

from aigne_hub.db.outage import is_outage
from aigne_hub.db.writer import Operation, Outcome, OutOfReach

_CONNECT_S = 5.0
_STATEMENT_S = 10.0
# A connection that is cut at an unlucky moment leaves asyncpg's own state machine out of step.
_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class PostgresLog:
    """Reconnects when its connection is lost.

    A connection that is lost during a commit leaves open whether it was done. The batch is then committed again,
    which is right because repeating a statement changes nothing (writer.Statement).
    """

    def __init__(self, dsn: str, connection: asyncpg.Connection) -> None:
        self._dsn = dsn
        self._connection = connection

    @classmethod
    async def open(cls, dsn: str) -> PostgresLog:
        return cls(dsn, await _connect(dsn))

    def note_commit(self) -> None:
        """The server looks after its log itself."""

    async def close(self) -> None:
        try:
            await self._connection.close(timeout=_CONNECT_S)
        except (*_FAULTS, OSError, TimeoutError):
            self._connection.terminate()

    async def commit(self, batch: Sequence[Operation]) -> Outcome:
        try:
            if self._connection.is_closed():
                self._connection = await _connect(self._dsn)
            try:
                return await self._together(batch)
            except _FAULTS as error:
                if _is_gone(error):
                    raise
            return await self._one_by_one(batch)
        except (*_FAULTS, OSError, TimeoutError) as error:
            if not self._connection.is_closed():
                self._connection.terminate()
            raise OutOfReach(type(error).__name__) from error

    async def _together(self, batch: Sequence[Operation]) -> Outcome:
        steps = [step for operation in batch for step in operation.steps]
        groups = [(sql, [row for _, row in group]) for sql, group in itertools.groupby(steps, key=lambda s: s[0].sql)]
        if len(groups) == 1:  # executemany is a transaction of its own: no BEGIN and COMMIT to wait for
            await self._connection.executemany(*groups[0])
            return [None] * len(batch)
        async with self._connection.transaction():
            for sql, rows in groups:
                await self._connection.executemany(sql, rows)
        return [None] * len(batch)

    async def _one_by_one(self, batch: Sequence[Operation]) -> Outcome:
        """The same, with a savepoint around each operation, so that a bad one fails alone."""
        outcome: Outcome = []
        async with self._connection.transaction():
            for operation in batch:
                try:
                    async with self._connection.transaction():
                        for statement, row in operation.steps:
                            await self._connection.execute(statement.sql, *row)
                except _FAULTS as error:
                    if _is_gone(error):
                        raise
                    outcome.append(error)
                else:
                    outcome.append(None)
        return outcome


def _is_gone(error: Exception) -> bool:
    # asyncpg's DataError (a value that does not fit its type) is an InterfaceError as well, but of one operation.
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(error, ValueError)
    return is_outage(error)


async def _connect(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn, timeout=_CONNECT_S, command_timeout=_STATEMENT_S)
