"""Fixtures of tests of the relay."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.relay.two_targets import add, by_request
from tests.running import RunningHub
from tests.upstream import Upstream, serve_upstream


@pytest.fixture
async def second() -> AsyncIterator[Upstream]:
    async with serve_upstream() as serving:
        serving.script = by_request
        yield serving


@pytest.fixture
async def two(hub: RunningHub, second: Upstream) -> RunningHub:
    """The hub with `up` and then `up2` behind the name m."""
    await add(hub, "up2", second)
    return hub
