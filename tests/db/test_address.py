"""Tests of db/address.py."""

import pytest

from aigne_hub.db.address import Address, parse_address


@pytest.mark.parametrize(("url", "path"), [("sqlite:////data/hub.db", "/data/hub.db"), ("sqlite:///hub.db", "hub.db")])
def test_a_sqlite_address_is_a_path(url: str, path: str) -> None:
    assert parse_address(url) == Address("sqlite", path=path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_a_postgresql_address_keeps_user_password_and_options(scheme: str) -> None:
    address = parse_address(f"{scheme}://hub:p%40ss%2Fword@db.example:5433/hub?sslmode=require")
    assert address == Address("postgresql", dsn="postgresql://hub:p%40ss%2Fword@db.example:5433/hub?sslmode=require")


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(parse_address("postgresql://hub:secret@db/hub"))


@pytest.mark.parametrize(
    "url",
    ["mysql://hub:secret@db/hub", "postgresql//hub:secret@db", "secret", "", "postgresql://hub:secret@db:port/hub"],
)
def test_an_unknown_address_is_refused_in_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="must start with sqlite:/// or postgresql://") as refused:
        parse_address(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///"])
def test_a_sqlite_database_needs_a_file(url: str) -> None:
    with pytest.raises(ValueError, match="needs a file"):
        parse_address(url)
