"""The words of a record are those of the contract."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage.records import CallId, CallRecord, Source, Status, plain

CHAT = CallRecord(
    CallId(1), "r", 1, 2, 3, 4, "m", "m", "chatCompletion", Status.success, 0, 1, 1, Usage(),
    Source.reported, None, None,
)  # fmt: skip
ALL = Usage(1, 2, 4, 8, 16, 32, 64, 128, images=3, seconds=2.5)


def test_the_words_of_a_record_are_stable() -> None:
    assert [status.value for status in Status] == ["processing", "success", "failed"]
    assert [source.value for source in Source] == ["reported", "estimated", "partial", "missing"]
    of_models = ["chatCompletion", "embedding", "imageGeneration", "audioGeneration", "video", "rerank", "moderation"]
    assert [kind.value for kind in Kind] == [*of_models, "tokenCount"]


@pytest.mark.parametrize(
    ("kind", "usage", "total"),
    [
        ("chatCompletion", Usage(), 0),
        ("chatCompletion", ALL, 255),
        ("embedding", Usage(7), 7),
        ("imageGeneration", ALL, 3),
        ("imageGeneration", Usage(10, 20), 30),
        ("video", ALL, 2.5),
        ("video", Usage(seconds=8.0), 8),
        ("audioGeneration", ALL, 2.5),
        ("audioGeneration", Usage(10, 20), 30),
    ],
)
def test_a_call_used_what_it_made_or_else_its_tokens(kind: str, usage: Usage, total: float) -> None:
    assert replace(CHAT, kind=kind, usage=usage).total_usage == total


def test_a_sum_has_no_dust_and_a_whole_one_no_point() -> None:
    assert [repr(plain(number)) for number in (0.1 + 0.2, 3.0, 7, 2.5)] == ["0.3", "3", "7", "2.5"]
