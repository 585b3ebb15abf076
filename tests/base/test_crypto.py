"""Tests of base/crypto.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.crypto import MASTER_KEY_BYTES, Unreadable, Vault, mask

KEY = bytes(range(MASTER_KEY_BYTES))
VAULT = Vault(KEY)
PLACE = "credentials.sealed:7"


@given(st.binary(max_size=300), st.text(max_size=30))
def test_what_is_sealed_opens_in_its_place(secret: bytes, place: str) -> None:
    assert VAULT.open(VAULT.seal(secret, place=place), place=place) == secret


@given(st.binary(max_size=50), st.text(max_size=30), st.text(max_size=30))
def test_what_is_sealed_opens_in_no_other_place(secret: bytes, place: str, other: str) -> None:
    sealed = VAULT.seal(secret, place=place)
    if place != other:
        with pytest.raises(Unreadable):
            VAULT.open(sealed, place=other)


def test_another_master_key_opens_nothing() -> None:
    with pytest.raises(Unreadable, match="another master key"):
        Vault(bytes(MASTER_KEY_BYTES)).open(VAULT.seal(b"secret", place=PLACE), place=PLACE)


def test_every_flipped_byte_makes_it_unreadable() -> None:
    sealed = VAULT.seal(b"a secret", place=PLACE)
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(Unreadable):
            VAULT.open(bytes(broken), place=PLACE)


def test_every_shorter_piece_is_unreadable() -> None:
    sealed = VAULT.seal(b"a secret", place=PLACE)
    for length in range(len(sealed)):
        with pytest.raises(Unreadable):
            VAULT.open(sealed[:length], place=PLACE)


def test_sealing_twice_never_looks_the_same() -> None:
    assert VAULT.seal(b"secret", place=PLACE) != VAULT.seal(b"secret", place=PLACE)


def test_a_vault_shows_no_key() -> None:
    shown = f"{VAULT!r} {VAULT}"
    assert KEY.hex() not in shown
    assert shown.count(VAULT.key_id.hex()) == 2
    assert VAULT.key_id not in KEY


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_the_wrong_length_is_refused_without_being_shown(length: int) -> None:
    with pytest.raises(ValueError, match=f"has {length} bytes") as refused:
        Vault(b"k" * length)
    assert "kkk" not in str(refused.value)


@given(st.text(), st.text())
def test_digests_agree_exactly_when_secrets_do(one: str, other: str) -> None:
    assert (VAULT.digest(one) == VAULT.digest(other)) == (one == other)
    assert len(VAULT.digest(one)) == 32


def test_a_digest_depends_on_the_master_key_and_takes_any_text() -> None:
    assert VAULT.digest("key") != Vault(bytes(MASTER_KEY_BYTES)).digest("key")
    assert VAULT.digest("\ud800") != VAULT.digest("?")


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", "***"),
        ("1234567", "***"),
        ("12345678", "***"),
        ("1234567890123456", "***"),
        ("12345678901234567", "1234*********4567"),
        ("sk-abcdefghijklmnop", "sk-a***********mnop"),
        ("a" * 4 + "b" * 16 + "c" * 4, "aaaa" + "*" * 16 + "cccc"),
        ("a" * 4 + "b" * 60 + "c" * 4, "aaaa" + "*" * 16 + "cccc"),
    ],
)
def test_masks(secret: str, shown: str) -> None:
    assert mask(secret) == shown
