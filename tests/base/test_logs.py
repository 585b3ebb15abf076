"""The log: JSON lines with the request's id, the libraries' lines among them, and no more than the level."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from aigne_hub.base.logs import masked, set_up


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_its_fields_and_the_requests_id(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info", as_json=True)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("hold expired", call=7)
    (line,) = lines(capsys)
    assert (line["event"], line["call"], line["request_id"], line["level"]) == ("hold expired", 7, "r1", "info")
    assert str(line["timestamp"]).endswith("Z")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("warning", as_json=True)
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    assert lines(capsys) == []


def test_the_lines_of_libraries_leave_as_ours_do(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info", as_json=True)
    logging.getLogger("library").warning("odd %s", "thing")
    (line,) = lines(capsys)
    assert (line["event"], line["logger"], line["level"]) == ("odd thing", "library", "warning")


def test_a_fault_is_one_line_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info", as_json=True)
    try:
        raise RuntimeError("a fault")
    except RuntimeError:
        structlog.get_logger().exception("tick failed")
    (line,) = lines(capsys)
    assert "RuntimeError: a fault" in str(line["exception"])


def test_a_person_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info", as_json=False)
    structlog.get_logger().info("hold expired", call=7)
    assert "hold expired" in capsys.readouterr().err


SECRETS = (
    "blocklet-" + "aB3_-" * 8,
    "hubat_" + "x" * 43,
    "hubrt_" + "x" * 43,
    "hubcs_" + "x" * 43,
    "sk-proj-" + "x" * 30,
    "AIza" + "x" * 35,
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("secret", SECRETS)
def test_litellm_18_march_2026_no_secret_is_written_wherever_in_a_line_it_is(
    capsys: pytest.CaptureFixture[str], secret: str, as_json: bool
) -> None:
    set_up("info", as_json=as_json)
    log = structlog.get_logger()
    log.error(f"refused {secret}", headers=[(b"authorization", f"Bearer {secret}".encode())], deep={"a": [secret]})
    logging.getLogger("library").warning("sent %s", {"Authorization": f"Bearer {secret}", "x-api-key": secret})
    try:
        raise RuntimeError(f"no use for {secret}")
    except RuntimeError:
        log.exception("a fault")
    written = capsys.readouterr().err
    assert secret not in written and secret[-20:] not in written
    assert written.count("***") >= 6
    if as_json:
        assert len([json.loads(line) for line in written.splitlines()]) == 3


def test_a_secret_that_looks_like_nothing_is_known_by_where_it_stands() -> None:
    assert masked("Authorization: Bearer abcdef0123") == "Authorization: Bearer ***"
    assert masked('{"authorization":"Basic dXNlcjpwYXNz"}') == '{"authorization":"Basic ***"}'
    assert masked("smtp://ada:hunter2@mail.example.com") == "smtp://ada:***@mail.example.com"


@pytest.mark.parametrize(
    "line",
    [
        "https://example.com:8080/a@b",
        "basic information",
        "task-force-of-many-people",
        "key blocklet-ab…1234 is throttled",
        "the bearer is ill",
    ],
)
def test_what_is_no_secret_is_written_as_it_is(line: str) -> None:
    assert masked(line) == line
