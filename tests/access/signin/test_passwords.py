"""Passwords: what one must be, and hashing that holds nothing up."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
from argon2 import PasswordHasher

from aigne_hub.access.signin.passwords import Hashing, checked_password
from aigne_hub.base.errors import BadRequest, Unavailable

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    "password",
    ["", "short", "x" * 201, "password123", "PASSWORD123", "aaaaaaaaaaaa", "ada.lovelace", "ada@example.com"],
)
def test_a_bad_password_is_refused(password: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked_password(password, name="Ada.Lovelace", email="ada@example.com")
    assert refused.value.param == "password"


@pytest.mark.parametrize("password", [PASSWORD, "пароль из слов", "密码密码密码密码密码一二", " leading and trailing "])
def test_length_is_what_counts(password: str) -> None:
    assert checked_password(password) == password


async def test_a_password_is_known_by_its_hash() -> None:
    hashing = Hashing()
    kept = await hashing.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await hashing.check(PASSWORD, kept)).is_right
    assert not (await hashing.check(PASSWORD + "!", kept)).is_right
    assert not (await hashing.check(PASSWORD, None)).is_right
    assert not (await hashing.check(PASSWORD, "not a hash")).is_right
    hashing.close()


async def test_an_older_hash_is_renewed() -> None:
    hashing = Hashing()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    checked = await hashing.check(PASSWORD, old)
    assert checked.is_right
    assert checked.renewed is not None and checked.renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await hashing.check(PASSWORD, checked.renewed)).renewed is None
    assert "argon2" not in repr(checked)
    hashing.close()


async def test_hashing_is_done_beside_the_loop_by_threads_that_step_back() -> None:
    hashing = Hashing()
    loop_thread = threading.get_ident()

    def where() -> tuple[int, int]:
        return threading.get_ident(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    thread, nice = await hashing._run(where)
    assert thread != loop_thread
    assert nice >= 10
    hashing.close()


async def test_a_crowd_is_told_to_come_back() -> None:
    hashing = Hashing()
    done = threading.Event()
    waiting = [asyncio.ensure_future(hashing._run(done.wait)) for _ in range(100)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await hashing.hash(PASSWORD)
    assert refused.value.retry_after
    done.set()
    await asyncio.gather(*waiting)
    hashing.close()
