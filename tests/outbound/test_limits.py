"""The defaults of an exchange's limits."""

from __future__ import annotations

from dataclasses import astuple

from aigne_hub.outbound import Limits


def test_every_limit_has_a_default_and_the_total_is_the_longest_time() -> None:
    limits = Limits()
    assert all(value > 0 for value in astuple(limits))
    assert limits.total_s == max(limits.connect_s, limits.first_byte_s, limits.idle_s, limits.total_s)
