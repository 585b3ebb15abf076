"""The encryption that the published clients expect of a key on its way lives here (contract 1.3).

It is CryptoJS's passphrase mode. The passphrase travels beside it, so that it hides the key from logs only.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_ITERATIONS = 256
_BLOCK_BITS = 128


def encrypt_for_client(secret: str, *, challenge: str, key_id: str) -> str:
    """`Salted__`, 8 bytes of salt and AES-256-CBC of the secret, in base64."""
    salt = secrets.token_bytes(8)
    key, iv = _key_and_iv(_password(challenge, key_id), salt)
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(secret.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return base64.b64encode(b"Salted__" + salt + encryptor.update(padded) + encryptor.finalize()).decode()


def _password(challenge: str, key_id: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", challenge.encode(), key_id.encode(), _ITERATIONS, 32).hex().encode()


def _key_and_iv(password: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """OpenSSL's EVP_BytesToKey with MD5 and one iteration."""
    made = last = b""
    while len(made) < 48:
        last = hashlib.md5(last + password + salt, usedforsecurity=False).digest()
        made += last
    return made[:32], made[32:48]
