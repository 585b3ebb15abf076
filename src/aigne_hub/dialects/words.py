"""The words of a chat or an answer live here, as far as their tokens are estimated: a sample, and how long all are."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

SAMPLED = 64 << 10  # letters that are counted; the rest is taken to be like them
_MOST_TEXTS = 1000

# Roughly what the tokenizers of today's models give. An estimate should rather be too high than too low: a caller
# counts to stay within a limit.
_ASCII_PER_TOKEN = 4
_OTHER_BYTES_PER_TOKEN = 3  # a Chinese character is three bytes, and most of the time a token


class Words(Struct, frozen=True):
    """What a tokenizer would count, and what it cannot."""

    sample: tuple[str, ...] = ()
    sample_letters: float = 0  # about how many tokens the sample is, by its letters
    letters: float = 0  # about how many tokens all of it is, by its letters
    fixed: float = 0  # tokens of what is no text

    @classmethod
    def of(cls, things: Iterable[str | float]) -> Words:
        """Of texts, and of tokens that were estimated otherwise."""
        texts: list[str] = []
        fixed = 0.0
        for one in things:
            if not isinstance(one, str):
                fixed += one
            elif one:
                texts.append(one)
        sample = _beginning(texts)
        sampled = sum(map(by_letters, sample))
        is_whole = sum(map(len, sample)) == sum(map(len, texts))
        return cls(sample, sampled, sampled if is_whole else sum(map(by_letters, texts)), fixed)

    def times(self, factor: float) -> Words:
        """As many times as much text, of the same kind."""
        return structs.replace(self, letters=self.letters * factor)

    @property
    def by_letters(self) -> int:
        """About how many tokens, when there is nothing to count them with."""
        return round(self.letters + self.fixed)

    def by_sample(self, tokens: int) -> int:
        """About how many tokens, where the sample has as many as this."""
        return round(tokens * self.letters / self.sample_letters + self.fixed)


def by_letters(text: str) -> float:
    """About how many tokens a text is, by its letters."""
    plain = len(text.encode("ascii", "ignore"))
    return plain / _ASCII_PER_TOKEN + (len(text.encode("utf-8", "replace")) - plain) / _OTHER_BYTES_PER_TOKEN


def _beginning(texts: list[str]) -> tuple[str, ...]:
    kept: list[str] = []
    left = SAMPLED
    for text in texts[:_MOST_TEXTS]:
        if left <= 0:
            break
        kept.append(text[:left])
        left -= len(text)
    return tuple(kept)
