"""The log: JSON lines with the request's id, the libraries' lines among them, and no more than the level."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from aigne_hub.base.logs import set_up


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
