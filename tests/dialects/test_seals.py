"""A seal comes back whole through a client of any dialect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.dialects.chat import Seal
from aigne_hub.dialects.seals import read, shown

NAMES = st.sampled_from(["openai_chat", "anthropic_messages", "gemini"])


@given(NAMES, NAMES, st.text(min_size=1), st.none() | st.from_regex(r"[a-zA-Z0-9_=-]+", fullmatch=True))
def test_a_seal_is_read_as_it_was_shown(of: str, client: str, value: str, id: str | None) -> None:
    seal = Seal(of, value, id)
    if of == client and id is None and value.startswith("hub:"):
        return  # no provider's seal begins so: they are base64
    assert read(shown(seal, client), client) == seal


def test_a_seal_of_the_client_s_own_dialect_is_shown_as_it_is() -> None:
    assert shown(Seal("gemini", "abc"), "gemini") == "abc"
    assert shown(Seal("gemini", "abc"), "openai_chat") == "hub:gemini::abc"
