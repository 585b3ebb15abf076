"""Frames: what goes in comes out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.tokenizer.frames import NUMBER, frame_of, texts_in


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_come_out_as_they_went_in(texts: list[str]) -> None:
    frame = frame_of(texts)
    assert NUMBER.unpack(frame[: NUMBER.size]) == (len(frame) - NUMBER.size,)
    assert list(texts_in(frame[NUMBER.size :])) == texts


def test_half_a_character_is_a_question_mark() -> None:
    assert list(texts_in(frame_of(["a\ud800b"])[NUMBER.size :])) == ["a?b"]
