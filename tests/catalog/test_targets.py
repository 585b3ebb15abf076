"""What a provider's row and a credential's value come to."""

from __future__ import annotations

from aigne_hub.catalog.entries import Provider, ProviderId
from aigne_hub.catalog.targets import environment_targets
from aigne_hub.settings import ProviderKeys


def provider(name: str, url: str = "https://api.example/v1", region: str | None = None) -> Provider:
    return Provider(ProviderId(7), name, name, url, region, True, 0, 0)


def test_keys_of_the_environment_have_ids_that_no_row_has_and_that_stay() -> None:
    keys = [
        ProviderKeys("openai", ({"api_key": "a"}, {"api_key": "b"})),
        ProviderKeys("anthropic", ({"api_key": "c"},)),
        ProviderKeys("bedrock", ({"access_key_id": "i", "secret_access_key": "s"},), region="eu-west-1"),
    ]
    first, second = environment_targets(provider("openai"), keys)
    assert (first.credential_id, second.credential_id) == (-1, -2)
    assert (b"authorization", b"Bearer b") in second.headers
    (third,) = environment_targets(provider("anthropic"), keys)
    assert third.credential_id not in (-1, -2) and third.credential_id < 0
    assert (b"x-api-key", b"c") in third.headers
    host = "https://bedrock-runtime.eu-west-1.amazonaws.com"
    (fourth,) = environment_targets(provider("bedrock", host, "eu-west-1"), keys)
    assert fourth.signer is not None
    assert environment_targets(provider("xai"), keys) == []
