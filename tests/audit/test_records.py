"""What a row says, as a value."""

from __future__ import annotations

from aigne_hub.audit.records import Actor, Outcome, Row


def test_a_representation_shows_no_hash() -> None:
    assert "HASH" not in repr(Row(1, 0, Actor("shell"), "a.b", None, Outcome.done, None, None, b"HASH"))
