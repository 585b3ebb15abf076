"""The shape in the middle does not show what callers wrote."""

from __future__ import annotations

from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.usage import Usage


def test_a_call_in_a_log_shows_no_prompt_and_no_key() -> None:
    shown = repr(Call(Kind.chat, "m", b'{"messages":"secret plan"}', body_token="blocklet-secret"))
    assert "secret" not in shown
    assert "'m'" in shown


def test_unknown_usage_is_not_zero() -> None:
    assert Usage() != Usage(0, 0, 0, 0)


def test_marks_tell_credits_only_where_calls_are_priced() -> None:
    assert Label(7, 0).marks(Usage(1, 2)) == {"modelCallId": "7"}
    priced = Label(7, 0, "p/m", lambda used: used.total * 100_000)
    assert priced.marks(Usage(1, 2)) == {"modelCallId": "7", "aigneHubCredits": 0.0003}
    shown = Label(7, 0, "p/m", lambda used: 10**9, "€").marks(Usage())
    assert shown == {"modelCallId": "7", "aigneHubCredits": 1.0, "creditPrefix": "€"}


def test_a_settled_label_knows_what_an_answer_cost_whatever_that_still_tells() -> None:
    priced = Label(7, 0, "p/m", lambda used: used.total * 10**9)
    assert priced.settled(Usage(1, 2)).marks(Usage(50)) == {"modelCallId": "7", "aigneHubCredits": 3.0}
    assert priced.settled(None).marks(Usage(50))["aigneHubCredits"] == 0
    free = Label(7, 0)
    assert free.settled(Usage(1)) is free
