"""The google-genai Python SDK against the running hub and its real model, which it reaches as Chat Completions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from google import genai
from google.genai import errors, types

from tests.real.conftest import MODEL, RealHub

HI = "Say hello in one short sentence."
BRIEF = types.GenerateContentConfig(system_instruction="Be brief.", max_output_tokens=24)


@pytest.fixture
def client(real_hub: RealHub) -> Iterator[genai.Client]:
    with _client(real_hub, real_hub.key) as opened:
        yield opened


def _client(real_hub: RealHub, key: str) -> genai.Client:
    options = types.HttpOptions(base_url=real_hub.url, timeout=60_000, retry_options=types.HttpRetryOptions(attempts=1))
    return genai.Client(api_key=key, http_options=options)


def test_an_answer_and_its_record(client: genai.Client, real_hub: RealHub) -> None:
    answer = client.models.generate_content(model=MODEL, contents=HI, config=BRIEF)
    assert answer.text is not None
    assert answer.text.strip()
    assert answer.usage_metadata is not None
    record = real_hub.last_call()
    assert (record["dialect"], record["model"]) == ("gemini", MODEL)
    assert record["usageMetrics"]["outputTokens"] == answer.usage_metadata.candidates_token_count


def test_a_stream_of_text(client: genai.Client) -> None:
    pieces = list(client.models.generate_content_stream(model=MODEL, contents=HI, config=BRIEF))
    assert "".join(piece.text or "" for piece in pieces).strip()
    assert len(pieces) > 1
    last = pieces[-1]
    assert last.usage_metadata is not None
    assert last.usage_metadata.candidates_token_count
    assert last.candidates is not None
    assert last.candidates[0].finish_reason in (types.FinishReason.STOP, types.FinishReason.MAX_TOKENS)


def test_an_answer_of_a_schema(client: genai.Client) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}
    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_json_schema=schema, max_output_tokens=64
    )
    answer = client.models.generate_content(model=MODEL, contents="Name a city.", config=config)
    assert set(json.loads(answer.text or "")) == {"city"}


def test_tokens_are_counted_as_the_prompt_takes_in(client: genai.Client) -> None:
    counted = client.models.count_tokens(model=MODEL, contents=HI)
    config = types.GenerateContentConfig(max_output_tokens=1)
    answer = client.models.generate_content(model=MODEL, contents=HI, config=config)
    assert answer.usage_metadata is not None
    assert counted.total_tokens == answer.usage_metadata.prompt_token_count


def test_a_wrong_key_and_an_unknown_model(client: genai.Client, real_hub: RealHub) -> None:
    with pytest.raises(errors.ClientError, match="No available provider") as refused:
        client.models.generate_content(model="nobody-serves-this", contents=HI)
    assert refused.value.code == 400
    with _client(real_hub, "blocklet-wrong") as stranger, pytest.raises(errors.ClientError) as unknown:
        stranger.models.generate_content(model=MODEL, contents=HI)
    assert (unknown.value.code, unknown.value.status) == (401, "UNAUTHENTICATED")
