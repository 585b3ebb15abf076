"""The master key: made once, never replaced."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from aigne_hub.master_key import master_key
from aigne_hub.settings import BadSetting, Settings
from tests.running import settings_for


def settings_in(folder: Path) -> Settings:
    return replace(settings_for("", folder), secret_key=None)


def test_the_master_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    key = master_key(settings)
    assert len(key) == 32
    assert master_key(settings) == key
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret.key"]


def test_hubs_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: master_key(settings_in(tmp_path)), range(32)))) == 1


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 16])
def test_a_damaged_key_file_is_told_and_not_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.key").write_text(text)
    with pytest.raises(BadSetting, match=r"HUB_SECRET_KEY is not set and .*secret\.key"):
        master_key(settings_in(tmp_path))
    assert (tmp_path / "secret.key").read_text() == text
