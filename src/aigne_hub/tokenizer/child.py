"""The child process lives here: it counts tokens for as long as the hub holds the other end of its standard input.

Started as `python -m aigne_hub.tokenizer.child`, with a socket as standard input, on which it answers, too. The end of
input ends it.
"""

from __future__ import annotations

import os
import signal
import sys

from splintr import AnyTokenizer, Tokenizer

from aigne_hub.tokenizer.frames import NUMBER, texts_in

ENCODING = "o200k_base"  # of OpenAI's models since GPT-4o; others' differ from it less than letters do
LONGEST_S = 5  # a frame takes milliseconds; native code that never comes back would not see the end of input
MOST_REMEMBERED = 1000  # words whose tokens the library keeps; without a limit it held 70 MB after 400 frames

_HUB = 0
_NICE = 10
_FIRST_WORD = "qxzjvkw"  # the tables for words that are no token are made at the first of them, in 0.1 s


def main() -> None:
    os.nice(_NICE)
    tokenizer = Tokenizer.from_pretrained(ENCODING)
    tokens_of(tokenizer, _FIRST_WORD)
    hub = sys.stdin.buffer
    while head := hub.read(NUMBER.size):
        signal.alarm(LONGEST_S)  # unhandled, it ends the process wherever that is
        total = sum([tokens_of(tokenizer, text) for text in texts_in(hub.read(*NUMBER.unpack(head)))])
        signal.alarm(0)
        os.write(_HUB, NUMBER.pack(total))


def tokens_of(tokenizer: AnyTokenizer, text: str) -> int:
    """What looks like a special token is text, as providers take it."""
    if tokenizer.cache_len > MOST_REMEMBERED:
        tokenizer.clear_cache()
    return len(tokenizer.encode_ordinary(text))


if __name__ == "__main__":
    main()
