"""The group-commit writer lives here: operations queue, and one transaction runs all that have queued.

Rules for whoever writes a statement:

- It must be safe to run twice. When a connection is lost during COMMIT nobody can tell whether the
  commit happened, and the batch is run again. An insert is therefore an upsert by id, a change is a
  value to set, and what must count once is guarded by a row inserted in the same operation.
- It returns no rows and contains no transaction control.
- Its parameters reach the driver as they are: SQLAlchemy's type conversions are not applied.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgres_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.sql import ClauseElement

from aigne_hub.base.errors import Unavailable
from aigne_hub.db.outage import unreachable

Row = tuple[object, ...]

QUEUE_LIMIT = 10_000
RETRY_DELAYS_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One SQL text of one dialect, compiled once; `bind` puts an operation's row in the order the text wants."""

    name: str
    sql: str
    bind: Callable[[Row], Row] | None

    @classmethod
    def compile(cls, core: ClauseElement, columns: Sequence[str], dialect: str, *, name: str = "") -> Statement:
        """Compile a Core insert, update or delete whose rows are tuples in the order of `columns`.

        `columns` names the table's columns to insert or set and the bindparams used; constants in the
        statement keep their value. Raises ValueError when a parameter has neither.
        """
        if dialect == "sqlite":
            compiled: Any = core.compile(
                dialect=sqlite_dialect(paramstyle="qmark"), column_keys=list(columns), for_executemany=True
            )
        else:
            compiled = core.compile(dialect=postgres_dialect(), column_keys=list(columns), for_executemany=True)
        names: list[str] = list(compiled.positiontup or ())
        bind = _make_bind(names, list(columns), compiled.params)
        return cls(name or str(compiled.string).split("\n", 1)[0][:60], str(compiled.string), bind)


def _make_bind(names: list[str], columns: list[str], values: dict[str, object]) -> Callable[[Row], Row] | None:
    if names == columns:
        return None
    fixed = [name for name in dict.fromkeys(names) if name not in columns]
    for name in fixed:
        if values.get(name) is None:
            raise ValueError(f"the statement's parameter {name!r} is neither among the columns nor a constant")
    constants = tuple(values[name] for name in fixed)
    places = [(columns + fixed).index(name) for name in names]
    if len(places) == 1:
        place = places[0]
        return lambda row: ((row + constants)[place],)
    pick = itemgetter(*places) if places else lambda _: ()
    return lambda row: pick(row + constants)


Step = tuple[Statement, Row]
Steps = Sequence[Step]
Run = tuple[Statement, list[Row]]


class DatabaseGone(Exception):
    """A batch failed as a whole: nothing of it is known to be committed, and it may be tried again."""


class Log(Protocol):
    """What commits a batch. `batch_limit` is how many operations it takes well at once.

    `commit` runs all steps in order in one transaction and returns one outcome per operation: None, or the
    error of that operation, which then left no trace. It raises DatabaseGone when the database itself failed.
    """

    batch_limit: int

    async def commit(self, operations: Sequence[Steps]) -> Sequence[Exception | None] | None: ...

    async def close(self) -> None: ...


def group(operations: Sequence[Steps]) -> list[Run]:
    """The same steps in the same order, with neighbours of one statement gathered into one run."""
    runs: list[Run] = []
    last: Statement | None = None
    rows: list[Row] = []
    for steps in operations:
        for statement, row in steps:
            if statement is not last:
                last, rows = statement, []
                runs.append((statement, rows))
            rows.append(row if statement.bind is None else statement.bind(row))
    return runs


class Writer:
    """Commits operations in the order they were submitted, many in one transaction.

    The future of an operation resolves once it is committed, or raises that operation's own error
    (SQLAlchemy's IntegrityError for a broken constraint), or Unavailable when the database stayed away
    through all retries; what Unavailable says of an operation whose commit was cut off is that its fate
    is unknown. A caller who is cancelled does not take its operation back.
    """

    def __init__(
        self, log: Log, *, queue_limit: int = QUEUE_LIMIT, retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    ) -> None:
        self._log = log
        self._queue_limit = queue_limit
        self._retry_delays_s = retry_delays_s
        self._queue: deque[tuple[asyncio.Future[None], Steps]] = deque()
        self._in_flight = 0
        self._is_closing = False
        self._loop = asyncio.get_running_loop()
        self._sleep: asyncio.Future[None] | None = None
        self._task = self._loop.create_task(self._run())

    @property
    def depth(self) -> int:
        """How many operations are submitted and not yet resolved."""
        return len(self._queue) + self._in_flight

    def submit(self, statement: Statement, row: Row) -> asyncio.Future[None]:
        """Queue one step; raises Unavailable when the queue is full or the writer is closing."""
        return self.submit_all(((statement, row),))

    def submit_all(self, steps: Steps) -> asyncio.Future[None]:
        """Queue steps that commit or fail together; raises as `submit` does."""
        queue = self._queue
        if self._is_closing or len(queue) >= self._queue_limit:
            raise Unavailable(
                "the hub's write queue is closed" if self._is_closing else "too much is waiting to be written",
                retry_after=1,
            )
        done = self._loop.create_future()
        queue.append((done, steps))
        sleep = self._sleep
        if sleep is not None:
            self._sleep = None
            sleep.set_result(None)
        return done

    async def close(self) -> None:
        """Refuse new operations, commit what is queued, then release the database."""
        if not self._is_closing:
            self._is_closing = True
            self._wake()
        await asyncio.shield(self._task)

    def _wake(self) -> None:
        sleep, self._sleep = self._sleep, None
        if sleep is not None:
            sleep.set_result(None)

    async def _run(self) -> None:
        queue = self._queue
        try:
            while queue or not self._is_closing:
                if not queue:
                    self._sleep = self._loop.create_future()
                    await self._sleep
                    continue
                await self._commit_next()
                if queue:
                    # Whoever the batch has answered goes first, and what it submits joins the next batch.
                    await asyncio.sleep(0)
        finally:
            await self._log.close()

    async def _commit_next(self) -> None:
        queue = self._queue
        batch = [queue.popleft() for _ in range(min(len(queue), self._log.batch_limit))]
        self._in_flight = len(batch)
        try:
            outcomes = await self._commit_patiently([steps for _, steps in batch])
        except DatabaseGone as error:
            self._fail_all(batch, error)
        else:
            _resolve(batch, outcomes)
        self._in_flight = 0

    async def _commit_patiently(self, operations: Sequence[Steps]) -> Sequence[Exception | None] | None:
        for delay_s in self._retry_delays_s:
            try:
                return await self._log.commit(operations)
            except DatabaseGone:
                await asyncio.sleep(delay_s)
        return await self._log.commit(operations)

    def _fail_all(self, batch: list[tuple[asyncio.Future[None], Steps]], error: DatabaseGone) -> None:
        # Those who queued meanwhile would wait through the same retries one batch after another.
        for done, _ in (*batch, *self._queue):
            if not done.done():
                failure = unreachable()
                failure.__cause__ = error
                done.set_exception(failure)
        self._queue.clear()


def _resolve(batch: list[tuple[asyncio.Future[None], Steps]], outcomes: Sequence[Exception | None] | None) -> None:
    if outcomes is None:
        for done, _ in batch:
            if not done.done():
                done.set_result(None)
        return
    for (done, _), error in zip(batch, outcomes, strict=True):
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
