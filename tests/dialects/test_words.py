"""Words: what is counted of them, and what stands for the rest."""

from __future__ import annotations

import pytest

from aigne_hub.dialects.words import SAMPLED, Words, by_letters


def test_words_are_counted_and_what_is_none_is_added() -> None:
    words = Words.of(["Hello world", 4, "", "!", 1600])
    assert words.sample == ("Hello world", "!")
    assert (words.by_letters, words.by_sample(3)) == (round(12 / 4 + 1604), 1607)


def test_a_long_text_is_sampled_and_the_rest_is_taken_to_be_like_it() -> None:
    words = Words.of(["a" * SAMPLED, "b" * SAMPLED, "c" * SAMPLED])
    assert words.sample == ("a" * SAMPLED,)
    assert words.by_sample(1000) == 3000
    assert Words.of(["a" * 4, "b" * SAMPLED]).sample == ("a" * 4, "b" * (SAMPLED - 4))


def test_the_rest_counts_by_its_letters() -> None:
    words = Words.of(["a" * SAMPLED, "今" * SAMPLED])
    assert words.by_letters == SAMPLED / 4 + SAMPLED
    assert words.by_sample(SAMPLED // 4) == words.by_letters


def test_very_many_texts_are_sampled_too() -> None:
    words = Words.of(["abcd"] * 5000)
    assert (len(words.sample), words.by_letters, words.by_sample(2000)) == (1000, 5000, 10_000)


def test_more_of_the_same_is_as_many_times_as_much() -> None:
    assert Words.of(["abcd" * 10]).times(7.5).by_sample(20) == 150


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("今天", 2), ("\ud800", pytest.approx(1 / 3)), ("ab今", 1.5)]
)
def test_letters_are_tokens_by_their_script(text: str, tokens: float) -> None:
    assert by_letters(text) == tokens
