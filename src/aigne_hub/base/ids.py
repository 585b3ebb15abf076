"""Identifiers live here: sortable row ids, access keys and request ids."""

from __future__ import annotations

import secrets

from aigne_hub.base.clock import Clock

EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z, so that ids stay short
KEY_PREFIX = "blocklet-"  # published clients recognise an access key by it (contract 1.2)
TOKEN_PREFIX = "hubat_"  # an OAuth access token
REFRESH_PREFIX = "hubrt_"  # an OAuth refresh token
CLIENT_PREFIX = "hubc_"  # the public name of an OAuth client
CLIENT_SECRET_PREFIX = "hubcs_"
_NODE_BITS = 10
_SEQUENCE_BITS = 12
NODES = 1 << _NODE_BITS
IDS_PER_NODE = 1 << _SEQUENCE_BITS  # of each millisecond: an id is of the node (id // IDS_PER_NODE) % NODES
_LARGEST = (1 << 63) - 1  # what a column of ids holds
IDS_PER_DAY = 86_400_000 << (_NODE_BITS + _SEQUENCE_BITS)  # the epoch is midnight in UTC: so is every multiple of this


class IdSource:
    """Makes 63-bit ids that sort by time: 41 bits of milliseconds, 10 of node, 12 of sequence.

    `node` must differ between processes that live at the same time: it is the number of the boot, which
    the database hands out, modulo 1024. Within a process ids only grow, also when the clock steps back.
    """

    def __init__(self, clock: Clock, node: int) -> None:
        self._clock = clock
        self._node = (node % (1 << _NODE_BITS)) << _SEQUENCE_BITS
        self._last_ms = 0
        self._sequence = 0

    def new(self) -> int:
        now = self._clock.now_ms() - EPOCH_MS
        if now > self._last_ms:
            self._last_ms = now
            self._sequence = 0
        else:
            self._sequence += 1
            if self._sequence >= 1 << _SEQUENCE_BITS:  # borrowed from the next millisecond
                self._last_ms += 1
                self._sequence = 0
        return (self._last_ms << (_NODE_BITS + _SEQUENCE_BITS)) | self._node | self._sequence


def ms_of(id_: int) -> int:
    """The Unix milliseconds an id was made at."""
    return (id_ >> (_NODE_BITS + _SEQUENCE_BITS)) + EPOCH_MS


def first_id_at(ms: int) -> int:
    """The smallest id that can have been made at or after these Unix milliseconds; the largest, long after all ids."""
    return min(max(0, ms - EPOCH_MS) << (_NODE_BITS + _SEQUENCE_BITS), _LARGEST)


def new_key() -> str:
    """A fresh access key: the prefix and 256 random bits, url-safe, without dots."""
    return KEY_PREFIX + secrets.token_urlsafe(32)
