"""Log probabilities become OpenAI's and back (https://ai.google.dev/api/generate-content#LogprobsResult)."""

from __future__ import annotations

import msgspec
from google.genai.types import LogprobsResult

from aigne_hub.dialects.gemini.logprobs import Logprobs, read_logprobs, write_logprobs

WIRE = {
    "chosenCandidates": [{"token": "é", "tokenId": 7, "logProbability": -0.5}, {"token": "a", "logProbability": 0.0}],
    "topCandidates": [{"candidates": [{"token": "e", "logProbability": -1.5}]}],
}


def test_google_s_become_openai_s_and_back() -> None:
    read = read_logprobs(msgspec.convert(WIRE, Logprobs))
    assert read is not None
    assert read["content"] == [
        {
            "token": "é",
            "logprob": -0.5,
            "bytes": [195, 169],
            "top_logprobs": [{"token": "e", "logprob": -1.5, "bytes": [101]}],
        },
        {"token": "a", "logprob": 0.0, "bytes": [97], "top_logprobs": []},
    ]
    written = write_logprobs(read)
    assert read_logprobs(msgspec.convert(written, Logprobs)) == read
    assert LogprobsResult.model_validate(written).chosen_candidates is not None


def test_none_are_none() -> None:
    assert read_logprobs(None) is None
    assert read_logprobs(Logprobs()) is None
    assert write_logprobs({}) == {"chosenCandidates": [], "topCandidates": []}
