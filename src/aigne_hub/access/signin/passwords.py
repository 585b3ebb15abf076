"""Passwords live here: what one must be, and hashing it where it holds nothing up."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from aigne_hub.base.errors import BadRequest, Unavailable

R = TypeVar("R")

SHORTEST = 10
LONGEST = 200
_THREADS = 2
_MOST_WAITING = 100
_NICE = 10
# The passwords that are tried first, at this length: of the lists that attackers publish.
_COMMON = frozenset(
    {
        "1234567890",
        "12345678910",
        "123456789a",
        "0123456789",
        "0987654321",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "iloveyou12",
        "abcd123456",
        "a123456789",
        "1111111111",
        "0000000000",
        "administrator",
        "letmein1234",
        "welcome123",
        "changeme123",
        "aignehub123",
    }
)


def checked_password(password: str, *, name: str = "", email: str | None = None) -> str:
    """A password as it may be kept. Raises BadRequest that says what is wrong with it.

    Length is what counts, and no rule about kinds of characters (NIST SP 800-63B section 5.1.1.2).
    """
    if len(password) < SHORTEST:
        raise BadRequest(f"a password has at least {SHORTEST} characters", param="password")
    if len(password) > LONGEST:
        raise BadRequest(f"a password has at most {LONGEST} characters", param="password")
    guess = password.lower()
    own = {name.lower(), *(email or "").lower().split("@"), (email or "").lower()}
    if guess in _COMMON or guess in own or len(set(guess)) < 4:
        raise BadRequest("this password is among the first that are tried: choose another", param="password")
    return password


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password was right; `renewed` is its hash by today's parameters when the kept one is older."""

    is_right: bool
    renewed: str | None = field(default=None, repr=False)


class Hashing:
    """Argon2id (RFC 9106) with OWASP's parameters: 19 MiB, two passes, one lane.

    It runs on two threads of lower priority, so that calls go on while people sign in.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords", initializer=_step_back)
        self._waiting = 0
        self._nobodys: str | None = None  # made when it is first needed

    async def hash(self, password: str) -> str:
        """Raises Unavailable when too many wait already."""
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def check(self, password: str, kept: str | None) -> Checked:
        """Compare with the kept hash; without one, take as long and say no."""

        def work() -> Checked:
            try:
                self._hasher.verify(kept or self._of_nobody(), _bytes(password))
            except (VerificationError, InvalidHashError):
                return Checked(False)
            if kept is None:
                return Checked(False)
            is_old = self._hasher.check_needs_rehash(kept)
            return Checked(True, self._hasher.hash(_bytes(password)) if is_old else None)

        return await self._run(work)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _of_nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash("a password that nobody has")
        return self._nobodys

    async def _run(self, work: Callable[[], R]) -> R:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("too many people sign in right now: try again in a moment", retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _step_back() -> None:
    # On Linux a thread has a priority of its own.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
