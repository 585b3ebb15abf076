"""The child counts as OpenAI counts; it is asked in a process of its own, as the hub asks it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from splintr import Tokenizer

from aigne_hub.tokenizer.child import MOST_REMEMBERED, tokens_of
from aigne_hub.tokenizer.frames import NUMBER, frame_of

# OpenAI's cookbook, "How to count tokens with tiktoken", its output for o200k_base.
COOKBOOK = {"tiktoken is great!": 6, "antidisestablishmentarianism": 6, "2 + 2 = 4": 7, "お誕生日おめでとう": 8}
# OpenAI's announcement of GPT-4o, "Language tokenization": what each of these is in the new tokenizer.
GREETINGS = {
    "Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!": 24,
    "你好，我的名字是GPT-4o。我是一种新型的语言模型，很高兴见到你!": 24,  # noqa: RUF001
    "Привет, меня зовут GPT-4o. Я — новая языковая модель, приятно познакомиться!": 23,
    "안녕하세요, 제 이름은 GPT-4o입니다. 저는 새로운 유형의 언어 모델입니다, 만나서 반갑습니다!": 27,
    "Olá, meu nome é GPT-4o. Sou um novo tipo de modelo de linguagem, é um prazer conhecê-lo!": 27,
    "سلام، اسم من جی پی تی-۴او است. من یک نوع جدیدی از مدل زبانی هستم، از ملاقات شما خوشبختم!": 32,
}
# Nobody published these; two other implementations with vocabularies of their own (bpe-openai 0.1.4, which is GitHub's,
# and toktok-rs 0.3.0) agree on them.
OTHERS = {
    "": 0,
    "def plan(targets: list[Target]) -> Plan:\n    return [one for one in targets if one.weight > 0]\n": 27,
    "👩\u200d👩\u200d👧\u200d👦🏽 🎉🎉": 17,
    "<|endoftext|>": 7,
    "<|endoftext|><|im_start|>user": 13,
}
# The cookbook's messages, of which OpenAI's own API counted 124 tokens for gpt-4o: three for each message, one for each
# name and three for the answer's beginning are not their text.
JARGON = (
    "system",
    "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    *("system", "example_user", "New synergies will help drive top-line growth."),
    *("system", "example_assistant", "Things working well together will increase revenue."),
    "system",
    "example_user",
    "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    *("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
    *("user", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
)
JARGON_TOKENS = 124 - 6 * 3 - 4 - 3


@contextmanager
def child() -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "aigne_hub.tokenizer.child"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()
        ours.settimeout(20)
        try:
            yield process, ours
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def asked() -> Iterator[socket.socket]:
    with child() as (_, ours):
        yield ours


def count(asked: socket.socket, *texts: str) -> int:
    asked.sendall(frame_of(texts))
    return int(NUMBER.unpack(asked.recv(NUMBER.size))[0])


@pytest.mark.parametrize(("text", "tokens"), [*COOKBOOK.items(), *GREETINGS.items(), *OTHERS.items()])
def test_texts_are_as_many_tokens_as_is_published(asked: socket.socket, text: str, tokens: int) -> None:
    assert count(asked, text) == tokens


def test_many_texts_are_counted_together(asked: socket.socket) -> None:
    assert count(asked, *JARGON) == JARGON_TOKENS
    assert count(asked) == 0


@pytest.mark.parametrize("letter", ["a", " ", "\n", "=", "1", "今", "😀", "\0", "\u0301", "Aa", " a", "ß'"])
def test_no_text_takes_long(asked: socket.socket, letter: str) -> None:
    asked.settimeout(2)  # a MB in quadratic time would take minutes
    assert 0 < count(asked, letter * (1 << 20)) < 3 << 20


def test_the_end_of_input_ends_it() -> None:
    with child() as (process, ours):
        assert count(ours, "hi") == 1
        ours.close()
        assert process.wait(5) == 0


def test_the_end_of_input_in_the_middle_of_a_frame_ends_it_too() -> None:
    with child() as (process, ours):
        assert count(ours, "hi") == 1
        ours.sendall(NUMBER.pack(1 << 20) + b"half")
        ours.close()
        process.wait(5)


def test_what_the_library_remembers_is_bounded() -> None:
    tokenizer = Tokenizer.from_pretrained("o200k_base")
    for number in range(5):
        tokens_of(tokenizer, " ".join(f"qx{number}zj{one}kw" for one in range(MOST_REMEMBERED)))
    assert tokenizer.cache_len <= 3 * MOST_REMEMBERED
