"""What an app signs: the vector of contract 1.5, and JSON as JavaScript writes it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigne_hub.access.apps.signature import SignedRequest, is_signed, message_of

KEY = bytes.fromhex("d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737")
APP = "zNKmGECzYHG35nuasifWqyx9be5GWMnyv4Hd"
SIGNATURE = (
    "4964110ceb55e7a2f76f018e813340ce42e97797e5b46f4bee75ed10162db7a0"
    "d7308a5476ec678a4dc68643d3401cb20a3a673ee384b5e000ff49f48c0bc305"
)


def test_the_contracts_vector() -> None:
    message = message_of(APP, 1700000000, {"a": 1}, None)
    assert message == '{"appId":"zNKmGECzYHG35nuasifWqyx9be5GWMnyv4Hd","data":{"a":1},"timestamp":1700000000}'
    assert is_signed(KEY, message, SIGNATURE)
    assert is_signed(KEY, message, "0x" + SIGNATURE)


@pytest.mark.parametrize("signature", ["", "0x", "zz", SIGNATURE[:-2], SIGNATURE[:-2] + "00", SIGNATURE * 2])
def test_another_signature_is_none(signature: str) -> None:
    assert not is_signed(KEY, message_of(APP, 1700000000, {"a": 1}, None), signature)


@pytest.mark.parametrize(
    ("change"), [{"timestamp": 1700000001}, {"data": {"a": 2}}, {"app_id": "zOther"}, {"user_did": "z1"}]
)
def test_a_changed_request_is_not_signed(change: dict[str, object]) -> None:
    fields = {"app_id": APP, "timestamp": 1700000000, "signature": SIGNATURE, "data": {"a": 1}}
    assert SignedRequest(**fields).is_by(KEY)  # type: ignore[arg-type]
    assert not SignedRequest(**{**fields, **change}).is_by(KEY)  # type: ignore[arg-type]


def test_a_bottomless_body_is_refused_and_breaks_nothing() -> None:
    nested: object = 1
    for _ in range(5000):
        nested = [nested]
    assert not SignedRequest(APP, 1700000000, SIGNATURE, nested).is_by(KEY)


_SCRIPT = """
const stable = (v) => Array.isArray(v) ? '[' + v.map(stable).join(',') + ']'
  : v !== null && typeof v === 'object'
    ? '{' + Object.keys(v).sort().map((k) => JSON.stringify(k) + ':' + stable(v[k])).join(',') + '}'
    : JSON.stringify(v)
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n')
process.stdout.write(JSON.stringify(lines.map((line) => stable(JSON.parse(line)))))
"""
_NODE = shutil.which("node", path=f"{Path(sys.executable).parent}") or "node"
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=5)
@given(st.lists(_VALUES, min_size=100, max_size=200))
def test_json_is_written_as_javascript_writes_it(values: list[object]) -> None:
    lines = "\n".join(json.dumps(value) for value in values)
    done = subprocess.run([_NODE, "-e", _SCRIPT], input=lines, capture_output=True, text=True, timeout=30, check=True)
    head, tail = message_of("a", 1, "DATA", None).split('"DATA"')
    ours = [message_of("a", 1, json.loads(json.dumps(v)), None).removeprefix(head).removesuffix(tail) for v in values]
    assert ours == json.loads(done.stdout)
