"""Tests of db/migrate.py, from an empty database of each kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from aigne_hub.base.errors import Unavailable
from aigne_hub.db import migrate
from aigne_hub.db.migrate import current, head, upgrade
from tests.databases import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.fresh(migrated=False)


def test_an_empty_database_is_brought_up_once(empty_url: str) -> None:
    assert current(empty_url) is None
    applied = upgrade(empty_url)
    assert applied[-1] == head()
    assert current(empty_url) == head()
    assert upgrade(empty_url) == []


def test_rows_of_an_older_hub_mean_the_same_afterwards(tmp_path: Path) -> None:
    """Reasoning leaves the output it was counted in, and Google's address fits the format it is now called in."""
    engine = create_engine(f"sqlite:///{tmp_path / 'hub.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for n, (output, reasoning) in enumerate(((20, 7), (20, None), (3, 9))):
            connection.execute(
                text(
                    "INSERT INTO calls (id, request_id, user_id, key_id, model, kind, status, started_ms, usage_source,"
                    " output_tokens, reasoning_tokens) VALUES (:n, 'r', 1, 1, 'm', 'chatCompletion', 'success', 1,"
                    " 'reported', :output, :reasoning)"
                ),
                {"n": n, "output": output, "reasoning": reasoning},
            )
        for n, (name, path) in enumerate((("google", "/v1beta/openai"), ("mine", "/v1beta/openai"))):
            connection.execute(
                text(
                    "INSERT INTO providers (id, name, display_name, base_url, enabled, created_ms, updated_ms)"
                    " VALUES (:n, :name, 'G', :url, 1, 1, 1)"
                ),
                {"n": n, "name": name, "url": f"https://generativelanguage.googleapis.com{path}"},
            )
        command.upgrade(config, "head")
        counted = connection.execute(text("SELECT output_tokens FROM calls ORDER BY id")).scalars().all()
        urls = connection.execute(text("SELECT base_url FROM providers ORDER BY id")).scalars().all()
        credits = connection.execute(text("SELECT credits FROM calls")).scalars().all()
        rates = connection.execute(text("SELECT count(*) FROM model_rates")).scalar_one()
    engine.dispose()
    assert counted == [13, 20, 3]
    assert (credits, rates) == ([None] * 3, 0)  # what was called before had no price
    assert [url.partition(".com")[2] for url in urls] == ["/v1beta", "/v1beta/openai"]


def test_asking_creates_no_file(tmp_path: Path) -> None:
    assert current(f"sqlite:///{tmp_path / 'none.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'hub.db'}")
    assert (tmp_path / "hub.db").stat().st_mode & 0o777 == 0o600


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    program = "import sys; from aigne_hub.db.migrate import upgrade; print(*upgrade(sys.argv[1]))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("src", *filter(None, sys.path)))}
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[0].split() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert sorted(said)[:3] == [[], [], []]
    assert sorted(said)[3][-1] == head()


def test_a_database_out_of_reach_is_an_outage(tmp_path: Path) -> None:
    for url in ("postgresql://hub:secret@127.0.0.1:1/hub", f"sqlite:///{tmp_path}/no/folder/hub.db"):
        with pytest.raises(Unavailable) as outage:
            upgrade(url)
        assert "secret" not in str(outage.value)


def test_a_worker_does_not_carry_alembic(tmp_path: Path) -> None:
    program = "import sys, aigne_hub.db.engine, aigne_hub.db.migrate; print('alembic' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": "src"}
    assert subprocess.check_output([sys.executable, "-c", program], env=environment, text=True).strip() == "False"
