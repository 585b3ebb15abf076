"""Which processes live: told by locks that go with them, however they go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from aigne_hub.db.lives import Lives

_HOLDS = "import sys; from pathlib import Path; from aigne_hub.db.lives import Lives; Lives(Path(sys.argv[1]), 7)"


def test_who_lives_or_ended_well_is_not_dead(tmp_path: Path) -> None:
    one, other = Lives(tmp_path, 1), Lives(tmp_path, 2)
    assert one.dead() == other.dead() == []
    other.close()
    assert one.dead() == []
    one.close()
    assert list(tmp_path.iterdir()) == []


def test_who_was_killed_is_dead_until_buried(tmp_path: Path) -> None:
    mine = Lives(tmp_path, 1)
    waits = f"{_HOLDS}; print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", waits, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"up\n"
        assert mine.dead() == []
        killed.kill()
    assert mine.dead() == [7] == mine.dead()
    mine.bury(7)
    assert mine.dead() == []
    mine.close()


def test_what_is_no_lock_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.lock").touch()
    mine = Lives(tmp_path, 1)
    assert mine.dead() == []
    mine.close()
    assert (tmp_path / "notes.lock").exists()


def test_without_a_place_to_write_nobody_is_known_to_be_dead(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    mine = Lives(tmp_path / "file" / "lives", 1)
    assert mine.dead() == []
    mine.close()


def test_each_database_has_its_own(tmp_path: Path) -> None:
    one, other = Lives.of(tmp_path, "sqlite:///a.db", 1), Lives.of(tmp_path, "sqlite:///b.db", 1)
    one.close()
    assert other.dead() == []
    other.close()
