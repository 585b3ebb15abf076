"""How listings and secrets look at the shell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.cli.session import show


def test_a_table_is_aligned_and_marks_what_is_absent(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [{"id": "1", "last_used": None}, {"id": "22222", "last_used": "now"}]
    show(rows, as_json=False, columns=("id", "last_used"), empty="none")
    assert capsys.readouterr().out == "ID     LAST USED\n1      -\n22222  now\n"


def test_json_has_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"id": "1", "more": None}], as_json=True, columns=("id",), empty="none")
    assert json.loads(capsys.readouterr().out) == [{"id": "1", "more": None}]


def test_an_empty_listing_is_a_sentence_or_an_empty_array(capsys: pytest.CaptureFixture[str]) -> None:
    show([], as_json=False, columns=("id",), empty="none yet")
    show([], as_json=True, columns=("id",), empty="none yet")
    assert capsys.readouterr().out == "none yet\n[]\n"
