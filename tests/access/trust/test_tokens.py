"""Whether a JWT is a trusted issuer's: everything that must hold, and each thing that breaks it (RFC 8725)."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from aigne_hub.access.identity import Means, Role, Scope
from aigne_hub.access.trust.tokens import is_jwt
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import NotSignedIn, Unavailable
from tests.access.trust.room import Room
from tests.platform_issuer import AUDIENCE, Platform, rsa, shared_secret, unsigned

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class FromNow:
    """A time that counts from when its test runs, which may be long after the tests were collected."""

    seconds: int

    @classmethod
    def read(cls, claim: Any) -> Any:
        return int(time.time()) + claim.seconds if isinstance(claim, cls) else claim


async def refused(room: Room, token: str) -> None:
    with pytest.raises(NotSignedIn) as error:
        await room.tokens.identify(token)
    assert (error.value.code, error.value.message) == ("invalid_api_key", "the token is not valid")


async def test_a_token_stands_for_the_user_its_subject_is(room: Room, platform: Platform) -> None:
    user = await room.user(Role.admin)
    issuer = await room.trust(platform, user.id)
    caller = await room.tokens.identify(platform.token(), "192.0.2.1")
    assert (caller.user.id, caller.role, caller.means, caller.means_id) == (user.id, Role.admin, Means.jwt, issuer.id)
    assert caller.rights.scopes == {Scope.inference} and caller.address == "192.0.2.1"
    assert await room.tokens.identify(platform.token(aud=["x", AUDIENCE]))
    assert is_jwt(platform.token()) and not is_jwt("hubat_x") and not is_jwt("a.b")


@pytest.mark.parametrize(
    "key", [ECKey.generate_key("P-256", {"kid": "ec"}), OKPKey.generate_key("Ed25519", {"kid": "ed"})]
)
async def test_other_algorithms_that_were_allowed_work(room: Room, platform: Platform, key: ECKey | OKPKey) -> None:
    user = await room.user()
    platform.keys.append(key)
    await room.trust(platform, user.id)
    assert (await room.tokens.identify(platform.token(key))).user.id == user.id


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "https://other.example"},
        {"iss": 7},
        {"aud": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": AUDIENCE + "/"},
        {"aud": {AUDIENCE: 1}},
        {"exp": None},
        {"exp": FromNow(-1)},
        {"exp": FromNow(86_400 + 600)},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e400},
        {"exp": 10**400},
        {"nbf": 10**400},
        {"nbf": FromNow(300)},
        {"nbf": "x"},
        {"iat": FromNow(300)},
        {"sub": None},
        {"sub": "job-2"},
        {"sub": ["job-1"]},
        {"sub": "JOB-1"},
    ],
)
async def test_a_claim_that_is_wrong_is_refused(room: Room, platform: Platform, claims: dict[str, Any]) -> None:
    user = await room.user()
    await room.trust(platform, user.id)
    await refused(room, platform.token(**{name: FromNow.read(one) for name, one in claims.items()}))
    assert platform.asked == []  # nobody makes us fetch keys with such a token


async def test_clocks_may_differ_by_a_minute(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    near = int(time.time()) + 50
    assert await room.tokens.identify(platform.token(nbf=near, iat=near))


async def test_the_issuers_name_is_taken_exactly(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    for name in (platform.url + "/", platform.url.upper(), platform.url + "?x"):
        await refused(room, platform.token(iss=name))


async def test_no_token_chooses_its_own_algorithm(room: Room, platform: Platform) -> None:
    issuer = await room.trust(platform, (await room.user()).id)
    good = platform.token()
    key = platform.keys[0]
    assert isinstance(key, RSAKey)
    for bad in (
        unsigned(good, {"alg": "none"}),
        unsigned(good, {"alg": "None", "kid": "one"}),
        shared_secret(good, key.as_pem(private=False)),
        platform.token(header={"alg": "RS512"}),
        platform.token(header={"alg": "PS256"}),
        unsigned(good, {"alg": ["RS256"]}),
        unsigned(good, {"kid": "one"}),
    ):
        await refused(room, bad)
    await room.change(issuer, algorithms=("ES256",))
    await refused(room, good)


async def test_no_token_brings_its_own_key(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    mine = rsa("mine")
    own = mine.as_dict(private=False)
    await refused(room, platform.token(mine))
    await refused(room, platform.token(mine, {"jwk": own}))
    await refused(room, platform.token(mine, {"kid": "one", "jwk": own}))
    await refused(room, platform.token(mine, {"kid": "one", "jku": "https://evil.example/keys"}))
    await refused(room, platform.token(mine, {"kid": None}))
    assert set(platform.asked) == {"/.well-known/openid-configuration", "/keys"}


async def test_what_was_changed_after_signing_is_refused(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    good = platform.token()
    assert await room.tokens.identify(good)
    head, claims, mark = good.split(".")
    other = platform.token(sub="job-1", jti="x").split(".")
    for bad in (
        f"{head}.{other[1]}.{mark}",
        f"{head}.{claims}.{mark[:-4]}AAAA",
        f"{head}.{claims}.",
        f"{head}..{mark}",
        "..",
        "a.b.c",
        f"{head}.{base64.urlsafe_b64encode(b'[1]').decode()}.{mark}",
        "x" * 9000 + "..",
    ):
        await refused(room, bad)


async def test_a_header_that_must_be_understood_is_refused(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    await refused(room, unsigned(platform.token(), {"alg": "RS256", "kid": "one", "crit": ["exp"], "exp": 1}))
    await refused(room, unsigned(platform.token(), {"alg": "RS256", "kid": 7}))
    assert await room.tokens.identify(platform.token(header={"typ": "at+jwt", "x-own": "1"}))


async def test_what_was_verified_ends_with_the_token(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    token = platform.token(exp=int(time.time()) + 100)
    assert await room.tokens.identify(token)
    room.clock.ahead_s = 90
    assert await room.tokens.identify(token)
    room.clock.ahead_s = 101
    await refused(room, token)


async def test_what_was_verified_is_verified_anew_after_five_minutes(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    token = platform.token(exp=int(time.time()) + 3600)
    assert await room.tokens.identify(token)
    platform.keys[:] = [rsa("two")]
    assert await room.tokens.identify(token)
    room.clock.ahead_s = 601  # and its keys are fetched anew after ten
    await refused(room, token)


async def test_what_an_admin_changes_counts_at_once(room: Room, platform: Platform) -> None:
    user, other = await room.user(), await room.user()
    issuer = await room.trust(platform, user.id)
    token = platform.token()
    assert (await room.tokens.identify(token)).user.id == user.id
    await room.change(issuer, subjects={"job-1": other.id}, scopes=frozenset({Scope.models_read}))
    caller = await room.tokens.identify(token)
    assert caller.user.id == other.id and caller.rights.scopes == {Scope.models_read}
    await room.change(issuer, is_enabled=False)
    await refused(room, token)
    await room.change(issuer, is_enabled=True)
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, other.id, is_disabled=True)
    await room.look()
    await refused(room, token)
    async with room.database.write() as conn:
        await room.issuers.remove(conn, SYSTEM, issuer.id)
    await room.look()
    await refused(room, token)


async def test_issuers_are_read_again_only_when_one_of_them_changed(room: Room, platform: Platform) -> None:
    issuer = await room.trust(platform, (await room.user()).id)
    known = room.access.trusted_issuer(platform.url)
    await room.user()
    assert room.access.trusted_issuer(platform.url) is known
    await room.change(issuer, name="Other")
    changed = room.access.trusted_issuer(platform.url)
    assert changed is not None and changed.name == "Other"


async def test_another_claim_may_name_the_subject(room: Room, platform: Platform) -> None:
    user = await room.user()
    await room.trust(platform, user.id, subject_claim="repository", subjects={"corp/app": user.id})
    assert await room.tokens.identify(platform.token(repository="corp/app"))
    await refused(room, platform.token(sub="corp/app"))


async def test_an_issuer_that_never_answered_is_an_outage_and_not_a_refusal(room: Room, platform: Platform) -> None:
    await room.trust(platform, (await room.user()).id)
    platform.is_down = True
    with pytest.raises(Unavailable):
        await room.tokens.identify(platform.token())
    platform.is_down = False
    room.clock.ahead_s = 6
    assert await room.tokens.identify(platform.token())
