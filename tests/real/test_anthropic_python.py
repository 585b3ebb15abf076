"""The Anthropic Python SDK against the running hub and its real model, which llama.cpp serves as Messages itself."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import pytest
from anthropic import Anthropic
from anthropic.types import MessageParam

from tests.real.conftest import MODEL, RealHub

HI: list[MessageParam] = [{"role": "user", "content": "Say hello in one short sentence."}]


@pytest.fixture
def client(real_hub: RealHub) -> Iterator[Anthropic]:
    with Anthropic(base_url=real_hub.url, api_key=real_hub.key, max_retries=0, timeout=60) as opened:
        yield opened


def test_a_message_and_its_record(client: Anthropic, real_hub: RealHub) -> None:
    answer = client.messages.with_raw_response.create(model=MODEL, max_tokens=24, messages=HI)
    message = answer.parse()
    assert message.content[0].type == "text"
    assert message.content[0].text.strip()
    assert message.stop_reason in ("end_turn", "max_tokens")
    record = real_hub.call(answer.headers["x-request-id"])
    assert record["usageMetrics"]["outputTokens"] == message.usage.output_tokens > 0


def test_a_stream_of_text(client: Anthropic) -> None:
    with client.messages.stream(model=MODEL, max_tokens=24, system="Be brief.", messages=HI) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text.strip()
    assert final.usage.output_tokens > 0
    assert final.content[0].type == "text"
    assert final.content[0].text == text


def test_what_is_counted_is_what_a_message_takes_in(client: Anthropic) -> None:
    counted = client.messages.with_raw_response.count_tokens(model=MODEL, system="Be brief.", messages=HI)
    message = client.messages.create(model=MODEL, max_tokens=1, system="Be brief.", messages=HI)
    cached = message.usage.cache_read_input_tokens or 0
    assert counted.parse().input_tokens == message.usage.input_tokens + cached > 0
    assert "x-hub-dropped" not in counted.headers


def test_a_wrong_key_and_an_unknown_model(client: Anthropic, real_hub: RealHub) -> None:
    with pytest.raises(anthropic.BadRequestError, match="No available provider"):
        client.messages.create(model="nobody-serves-this", max_tokens=5, messages=HI)
    with (
        Anthropic(base_url=real_hub.url, api_key="blocklet-wrong", max_retries=0) as stranger,
        pytest.raises(anthropic.AuthenticationError),
    ):
        stranger.messages.create(model=MODEL, max_tokens=5, messages=HI)
