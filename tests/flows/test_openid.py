"""Asking an OpenID provider: what is kept in memory, and keys that change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc.jwk import ECKey

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.base.clock import Clock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest, NotAllowed
from aigne_hub.flows.openid import Grant, OpenId
from aigne_hub.outbound import Client, Guard
from tests.issuer import CLIENT_ID, CLIENT_SECRET, FakeIssuer, rsa_key, serve_issuer

pytestmark = pytest.mark.anyio

METADATA = "/.well-known/openid-configuration"
GRANT = Grant("code-1", "http://hub/cb", "verifier", "nonce-1")


class LeapingClock(Clock):
    """The real time of day, and a monotonic time that a test moves."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with serve_issuer() as serving:
        serving.nonces = {"code-1": "nonce-1"}
        yield serving


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def openid(clock: LeapingClock) -> OpenId:
    return OpenId(Client(deadlines=Deadlines(), guard=Guard(allow_private=True)), clock)


async def claims(openid: OpenId, issuer: FakeIssuer, secret: str | None = CLIENT_SECRET) -> dict[str, Any]:
    kept = Issuer(1, "Corp", issuer.url, CLIENT_ID, ("openid",), None, {}, Role.member, (), True, 0)
    return await openid.claims_of(kept, await openid.discover(issuer.url), secret, GRANT)


async def test_metadata_is_asked_for_once_an_hour(openid: OpenId, issuer: FakeIssuer, clock: LeapingClock) -> None:
    for at in (0, 3599, 3600):
        clock.at = at
        await openid.discover(issuer.url)
    assert len(issuer.asked_for(METADATA)) == 2
    await openid.discover(issuer.url, is_fresh=True)
    assert len(issuer.asked_for(METADATA)) == 3


async def test_an_issuer_with_a_stroke_at_its_end_is_the_same(openid: OpenId, issuer: FakeIssuer) -> None:
    assert (await openid.discover(issuer.url + "/")).issuer == issuer.url


async def test_a_new_key_of_the_issuer_is_found_and_a_flood_of_unknown_ones_is_not_passed_on(
    openid: OpenId, issuer: FakeIssuer, clock: LeapingClock
) -> None:
    await claims(openid, issuer)
    issuer.key, issuer.header = rsa_key("two"), {"alg": "RS256", "kid": "two"}
    clock.at = 31
    assert (await claims(openid, issuer))["sub"] == "s-1"
    issuer.header = {"alg": "RS256", "kid": "three"}
    for _ in range(3):
        with pytest.raises(NotAllowed):
            await claims(openid, issuer)
    assert len(issuer.asked_for("/jwks")) == 2


async def test_a_token_without_a_key_id_is_checked_with_every_key_that_fits(openid: OpenId, issuer: FakeIssuer) -> None:
    issuer.header = {"alg": "RS256"}
    assert (await claims(openid, issuer))["sub"] == "s-1"


async def test_keys_of_a_kind_we_do_not_know_are_passed_over(openid: OpenId, issuer: FakeIssuer) -> None:
    issuer.extra_keys = [{"kty": "future"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "one"}, {"kty": "RSA"}, 7]
    assert (await claims(openid, issuer))["sub"] == "s-1"


async def test_a_key_signs_only_with_algorithms_of_its_kind(openid: OpenId, issuer: FakeIssuer) -> None:
    issuer.metadata = {"id_token_signing_alg_values_supported": ["RS256", "ES256"]}
    issuer.signing, issuer.header = ECKey.generate_key("P-256", {"kid": "one"}), {"alg": "ES256", "kid": "one"}
    with pytest.raises(NotAllowed):
        await claims(openid, issuer)


async def test_the_client_shows_itself_as_the_issuer_wants(openid: OpenId, issuer: FakeIssuer) -> None:
    await claims(openid, issuer)
    await claims(openid, issuer, None)
    issuer.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    await openid.discover(issuer.url, is_fresh=True)
    await claims(openid, issuer)
    basic, public, post = issuer.asked_for("/token")
    assert basic.headers["authorization"] == "Basic aHViJTNBMTphK3NlY3JldCUyRndpdGglMkJzaWducw=="  # RFC 6749 §2.3.1
    assert b"client_secret" not in basic.body and b"code_verifier=verifier" in basic.body
    assert "authorization" not in public.headers and b"client_id=hub%3A1" in public.body
    assert "authorization" not in post.headers and b"client_secret=a+secret%2Fwith%2Bsigns" in post.body


async def test_a_refused_code_is_told_without_details(openid: OpenId, issuer: FakeIssuer) -> None:
    issuer.token_status = 400
    with pytest.raises(NotAllowed) as refused:
        await claims(openid, issuer)
    assert (refused.value.code, refused.value.refused_as) == ("sso_failed", "sign_in.sso")


async def test_an_issuer_that_is_away_is_told_as_such(openid: OpenId) -> None:
    with pytest.raises(BadRequest, match="cannot be asked"):
        await openid.discover("http://127.0.0.1:9")
