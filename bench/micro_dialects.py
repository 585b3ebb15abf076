"""What a translation costs: Messages in, Chat Completions out and back, whole and per streamed chunk.

PYTHONPATH=src python bench/micro_dialects.py
"""

import base64
import json
import os
import statistics
import time

from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.translate import Translation

ROUNDS, CHUNKS = 3000, 200
LABEL = Label(1, 2, "up/m")
CHAT, MESSAGES = OpenAIChat(is_hybrid=False), AnthropicMessages()
TURNS = [{"role": ("user", "assistant")[i % 2], "content": "a word and another " * 8} for i in range(5)]
BODY = json.dumps({"model": "up/m", "max_tokens": 100, "system": "be brief", "messages": TURNS}).encode()
ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "words " * 80}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 80, "total_tokens": 280},
    }
).encode()
CHUNK = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m",'
    b'"choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}\n\n'
)


def timed(work, rounds):
    """Microseconds a round, the median of nine."""
    took = []
    for _ in range(9):
        began = time.perf_counter()
        for _ in range(rounds):
            work()
        took.append((time.perf_counter() - began) / rounds * 1e6)
    return statistics.median(took)


def whole():
    call = MESSAGES.read_request(BODY, accepts_stream=False)
    way = Translation(MESSAGES, CHAT, frozenset())
    way.write_request(call, "m")
    way.read_usage(ANSWER)
    way.write_answer(ANSWER, call, LABEL)


def picture(dialect, part):
    """The steps of a call with an inline picture of 10 MB of base64, each in milliseconds, medians of nine."""
    content = [{"type": "text", "text": "look"}, part]
    said = {"model": "up/m", "max_tokens": 5, "messages": [{"role": "user", "content": content}]}
    body = json.dumps(said).encode()
    other = CHAT if dialect is MESSAGES else MESSAGES
    call = dialect.read_request(body, accepts_stream=False)
    steps = {
        "read and check": lambda: dialect.read_request(body, accepts_stream=False),
        "write for the same dialect": lambda: dialect.write_request(call, "m"),
        "translate": lambda: Translation(dialect, other, frozenset()).write_request(call, "m"),
    }
    return ", ".join(f"{name} {timed(step, 1) / 1e3:.1f}" for name, step in steps.items())


def main():
    call = MESSAGES.read_request(BODY, accepts_stream=False)
    same = timed(lambda: MESSAGES.write_request(MESSAGES.read_request(BODY, accepts_stream=False), "m"), ROUNDS)
    print(f"request of {len(BODY)} bytes, answer of {len(ANSWER)}")
    print(f"same dialect, request alone: {same:.1f} µs")
    print(f"Messages to Chat Completions and back: {timed(whole, ROUNDS):.1f} µs")
    stream = Translation(MESSAGES, CHAT, frozenset()).open_stream(call, LABEL)
    data = base64.b64encode(os.urandom(7_500_000)).decode()
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    source = {"type": "base64", "media_type": "image/png", "data": data}
    print(f"10 MB picture, Chat Completions, ms: {picture(CHAT, url)}")
    print(f"10 MB picture, Messages, ms: {picture(MESSAGES, {'type': 'image', 'source': source})}")
    print(f"a streamed chunk: {timed(lambda: stream.feed(CHUNK), CHUNKS):.1f} µs")


main()
