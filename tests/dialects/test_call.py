"""The shape in the middle does not show what callers wrote."""

from __future__ import annotations

from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.usage import Usage


def test_a_call_in_a_log_shows_no_prompt_and_no_key() -> None:
    shown = repr(Call(Kind.chat, "m", b'{"messages":"secret plan"}', body_token="blocklet-secret"))
    assert "secret" not in shown
    assert "'m'" in shown


def test_unknown_usage_is_not_zero() -> None:
    assert Usage() != Usage(0, 0, 0, 0)
