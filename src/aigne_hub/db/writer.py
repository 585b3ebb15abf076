"""The group-commit writer lives here: operations queue, and one transaction runs all that have queued."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from aigne_hub.base.errors import Unavailable
from aigne_hub.db.outage import unreachable

log = structlog.get_logger()

Row = tuple[object, ...]

QUEUE_LIMIT = 10_000
BATCH_LIMIT = 200  # so that a batch committed in the loop holds it up for a few milliseconds at most
_GATHER_TURNS = 8  # of the loop, for one batch
RETRY_DELAYS_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One SQL text of one dialect, compiled once. Whoever writes one keeps three rules.

    - Repeating it changes nothing. When a connection is lost during COMMIT nobody can tell whether it was
      done, and the batch is committed again. So an insert is an upsert by id, a change is a value to set,
      and what must count once hangs on a row that the same operation inserts.
    - It returns no rows and controls no transaction.
    - Its values reach the driver as they are, without SQLAlchemy's conversions.
    """

    name: str
    sql: str

    @classmethod
    def compile(cls, core: ClauseElement, columns: Sequence[str], dialect: str) -> Statement:
        """Compile a Core insert, update or delete whose rows are tuples in the order of `columns`.

        `columns` names the columns to set and the bindparams in use; raises ValueError when the
        statement takes others.
        """
        driver = "postgresql+asyncpg" if dialect == "postgresql" else "sqlite"
        make: Callable[..., Dialect] = URL.create(driver).get_dialect()
        compiled = core.compile(
            dialect=make(paramstyle="numeric_dollar"), column_keys=list(columns), for_executemany=True
        )
        assert isinstance(compiled, SQLCompiler)
        return cls(type(core).__name__.lower(), _number(compiled, list(columns), dialect))


def _number(compiled: SQLCompiler, columns: list[str], dialect: str) -> str:
    names = list(dict.fromkeys(compiled.positiontup or ()))
    if set(names) != set(columns):
        raise ValueError(f"the statement takes {', '.join(sorted(names))}; its columns are {', '.join(columns)}")
    mark = "$" if dialect == "postgresql" else "?"
    return re.sub(r"\$(\d+)", lambda found: f"{mark}{columns.index(names[int(found[1]) - 1]) + 1}", compiled.string)


Steps = Sequence[tuple[Statement, Row]]
Outcome = list[Exception | None]


class Operation(NamedTuple):
    """What commits or fails together, and who waits for it."""

    done: asyncio.Future[None]
    steps: Steps


class OutOfReach(Exception):
    """A batch failed as a whole: the database was not there for it, and it may be tried again."""


class Log(Protocol):
    """What commits a batch.

    `commit` runs all steps in order in one transaction. It gives None for each operation that is committed
    and the error of each that is not, and then left no trace; it raises OutOfReach when nothing can be said.
    """

    def commit(self, batch: Sequence[Operation]) -> Awaitable[Outcome]: ...

    def note_commit(self) -> None:
        """Somebody else has committed to the same database."""

    async def close(self) -> None: ...


class Writer:
    """Commits operations in the order they were submitted, many in one transaction.

    The future of an operation resolves once it is committed. It raises the driver's error for that operation
    alone, or Unavailable when the database stayed away through all retries; a commit that was cut off may
    then have been done all the same. A caller who is cancelled does not take its operation back.
    """

    def __init__(
        self, log: Log, *, queue_limit: int = QUEUE_LIMIT, retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    ) -> None:
        self._log = log
        self._queue_limit = queue_limit
        self._retry_delays_s = retry_delays_s
        self._queue: deque[Operation] = deque()
        self._batch: list[Operation] = []
        self._is_closing = False
        self._loop = asyncio.get_running_loop()
        self._sleep: asyncio.Future[None] | None = None
        self._task = self._loop.create_task(self._run())

    @property
    def depth(self) -> int:
        """How many operations are submitted and not yet resolved."""
        return len(self._queue) + len(self._batch)

    def submit(self, statement: Statement, row: Row) -> asyncio.Future[None]:
        """Queue one step; raises Unavailable when the queue is full or the writer is closed."""
        return self.submit_all(((statement, row),))

    def submit_all(self, steps: Steps) -> asyncio.Future[None]:
        """Queue steps that commit or fail together; raises as `submit` does."""
        queue = self._queue
        if self._is_closing or len(queue) >= self._queue_limit:
            reason = "the hub is stopping" if self._is_closing else "too much waits to be written"
            raise Unavailable(reason, retry_after=1)
        done = self._loop.create_future()
        queue.append(Operation(done, steps))
        if self._sleep is not None:
            self._wake()
        return done

    async def close(self) -> None:
        """Refuse new operations, commit what is queued, then let the database go."""
        self._is_closing = True
        self._wake()
        await asyncio.shield(self._task)

    def _wake(self) -> None:
        sleep, self._sleep = self._sleep, None
        if sleep is not None:
            sleep.set_result(None)

    async def _run(self) -> None:
        try:
            while self._queue or not self._is_closing:
                if not self._queue:
                    self._sleep = self._loop.create_future()
                    await self._sleep
                await self._gather()
                await self._commit_next()
                # Whoever the batch has answered goes first, and what it submits joins the next batch.
                await asyncio.sleep(0)
        finally:
            # Reached with work left only by a mistake of ours; nobody may wait for ever because of it.
            self._is_closing = True
            self._give_up(None)
            await self._log.close()

    async def _gather(self) -> None:
        """Let what is ready to run submit its operations as well, as long as some does: one commit serves them all."""
        waiting = 0
        for _ in range(_GATHER_TURNS):
            if len(self._queue) <= waiting:
                return
            waiting = len(self._queue)
            await asyncio.sleep(0)

    async def _commit_next(self) -> None:
        queue = self._queue
        self._batch = [queue.popleft() for _ in range(min(len(queue), BATCH_LIMIT))]
        if not self._batch:
            return
        try:
            outcome = await self._commit_patiently(self._batch)
        except Exception as error:  # OutOfReach, or a fault of ours: whoever waits is told, the writer goes on
            if not isinstance(error, OutOfReach):
                log.exception("batch failed")
            # Those who queued meanwhile would wait through the same retries, one batch after another.
            self._give_up(error)
            return
        for operation, refusal in zip(self._batch, outcome, strict=True):
            if operation.done.done():
                continue
            if refusal is None:
                operation.done.set_result(None)
            else:
                operation.done.set_exception(refusal)
        self._batch = []

    async def _commit_patiently(self, batch: Sequence[Operation]) -> Outcome:
        for delay_s in self._retry_delays_s:
            try:
                return await self._log.commit(batch)
            except OutOfReach:
                await asyncio.sleep(delay_s)
        return await self._log.commit(batch)

    def _give_up(self, cause: Exception | None) -> None:
        for operation in (*self._batch, *self._queue):
            if not operation.done.done():
                failure = unreachable()
                failure.__cause__ = cause
                operation.done.set_exception(failure)
        self._batch = []
        self._queue.clear()
