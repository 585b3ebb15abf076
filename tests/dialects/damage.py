"""Damage lives here: JSON with one thing in it changed, bytes with a few of them changed, lost or doubled."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

LONGEST_S = 2.0
_DEEP: Any = json.loads("[" * 400 + "]" * 400)
ODD = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 2**31, 2**53 + 1, -(2**63), 10**30, 0.5, -0.0, 1e308, 5e-324,
        "", " ", "\x00", "x", "a" * 300, "data:image/png;base64,", "data:image/png;base64,!!", "data:,", "http://",
        "https://example.com/\x00", "hub:", "hub:a:b:c", "hub::::", "{", "null", "\ud83d\ude00é", "system", "tool",
        [], {}, [None], [[]], [{}], {"": None}, {"type": None}, {"type": "text"}, {"type": 7}, [1, "2", {}], _DEEP,
    ]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@contextmanager
def quick() -> Iterator[None]:
    """Nothing that is read may take long, whatever it is; measured as the processor's time, which nobody shares."""
    began = time.process_time()
    yield
    assert time.process_time() - began < LONGEST_S


@st.composite
def damaged_json(draw: DrawFn, whole: Any) -> Any:
    """`whole` with one or two of its nodes replaced, left out or doubled."""
    value = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(value))
        if not places:
            return draw(ODD | values)
        holder, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["odd", "odd", "odd", "any", "out", "twice"]))
        if how == "out":
            del holder[key]
        elif how == "twice" and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[key] = copy.deepcopy(draw(values if how == "any" else ODD))
    return value


def _places(value: Any) -> Any:
    """Every node below the top, as what holds it and its key there."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting and len(found) < 500:
        holder = waiting.pop(0)
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            found += [(holder, key) for key in keys]
            waiting += [holder[key] for key in keys]
    return found


@st.composite
def damaged_bytes(draw: DrawFn, whole: bytes) -> bytes:
    """`whole` with a few places cut, changed, lost or doubled."""
    body = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        to = min(len(body), at + draw(st.sampled_from([1, 1, 2, 7, 40])))
        how = draw(st.sampled_from(["change", "lose", "double", "end", "put"]))
        if how == "change" and at < len(body):
            body[at] = draw(st.integers(0, 255))
        elif how == "lose":
            del body[at:to]
        elif how == "double":
            body[at:at] = body[at:to]
        elif how == "end":
            del body[at:]
        else:
            body[at:at] = draw(
                st.sampled_from([b"\n\n", b"\r", b"data: ", b"data: {}\n\n", b"\xff", b"\x00", b'"', b"}", b"[" * 3000])
            )
    return bytes(body)
