"""The words of a record are those of the contract."""

from __future__ import annotations

from aigne_hub.dialects.call import Kind
from aigne_hub.usage.records import Source, Status


def test_the_words_of_a_record_are_stable() -> None:
    assert [status.value for status in Status] == ["processing", "success", "failed"]
    assert [source.value for source in Source] == ["reported", "partial", "missing"]
    of_models = ["chatCompletion", "embedding", "imageGeneration", "audioGeneration", "video", "rerank", "moderation"]
    assert [kind.value for kind in Kind] == [*of_models, "tokenCount"]
