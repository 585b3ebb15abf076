"""Half a minute of chaos (tests/real/chaos.py runs for longer): no call fails that had not begun to answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.chaos import run_chaos

pytestmark = pytest.mark.anyio


async def test_who_calls_notices_nothing_of_models_that_die(tmp_path: Path) -> None:
    chaos = await run_chaos(tmp_path / "data", 30, seed=7)
    assert chaos.failed == []
    assert set(chaos.answered) == {"one", "two"} and chaos.kills >= 3
    assert chaos.moved > 0
