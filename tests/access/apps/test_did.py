"""The name that follows from a public key: the vector of contract 1.5."""

from __future__ import annotations

from aigne_hub.access.apps.did import did_of

KEY = bytes.fromhex("d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737")


def test_the_contracts_vector() -> None:
    assert did_of(KEY) == "zNKmGECzYHG35nuasifWqyx9be5GWMnyv4Hd"
    assert did_of(KEY, kind=b"\x00\x01") == "z1eyFRQsE7qaCa4ZbUhcvGySrbd2Zjj15a8"
