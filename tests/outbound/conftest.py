"""The loop these tests run on, and limits short enough for tests that wait for one to pass."""

from __future__ import annotations

import pytest

from aigne_hub.outbound import Limits


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def short() -> Limits:
    return Limits(connect_s=0.3, first_byte_s=0.3, idle_s=0.3, total_s=1.0)
