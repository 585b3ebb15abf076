"""What the hub publishes of its OAuth."""

from __future__ import annotations

from aigne_hub.access.oauth.metadata import resource_metadata, server_metadata


def test_every_endpoint_is_below_the_issuer() -> None:
    found = server_metadata("https://hub.example", can_register=True)
    endpoints = {name: url for name, url in found.items() if name.endswith("_endpoint")}
    assert len(endpoints) == 6
    assert all(url.startswith("https://hub.example/oauth/") for url in endpoints.values())
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert "registration_endpoint" not in server_metadata("https://hub.example", can_register=False)


def test_a_resource_is_the_hub_or_a_part_of_it() -> None:
    assert resource_metadata("https://hub.example", "")["resource"] == "https://hub.example"
    below = resource_metadata("https://hub.example", "v1")
    assert (below["resource"], below["authorization_servers"]) == ("https://hub.example/v1", ["https://hub.example"])
