"""What the published clients do with the key they have waited for (contract 1.3): CryptoJS's passphrase mode."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def decrypt_as_client(text: str, *, challenge: str, key_id: str) -> str:
    """Raises ValueError for what was not encrypted for this session."""
    raw = base64.b64decode(text, validate=True)
    password = hashlib.pbkdf2_hmac("sha512", challenge.encode(), key_id.encode(), 256, 32).hex().encode()
    blocks = [b""]
    for _ in range(3):  # OpenSSL's EVP_BytesToKey: 32 bytes of key and 16 of IV
        blocks.append(hashlib.md5(blocks[-1] + password + raw[8:16], usedforsecurity=False).digest())
    key_and_iv = b"".join(blocks)
    decryptor = Cipher(algorithms.AES(key_and_iv[:32]), modes.CBC(key_and_iv[32:])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return (unpadder.update(decryptor.update(raw[16:]) + decryptor.finalize()) + unpadder.finalize()).decode()
