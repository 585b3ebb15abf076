"""What a translation costs: Messages in, Chat Completions out and back, whole and per streamed chunk.

PYTHONPATH=src python bench/micro_dialects.py
"""

import json
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


def main():
    call = MESSAGES.read_request(BODY, accepts_stream=False)
    same = timed(lambda: MESSAGES.write_request(MESSAGES.read_request(BODY, accepts_stream=False), "m"), ROUNDS)
    print(f"request of {len(BODY)} bytes, answer of {len(ANSWER)}")
    print(f"same dialect, request alone: {same:.1f} µs")
    print(f"Messages to Chat Completions and back: {timed(whole, ROUNDS):.1f} µs")
    stream = Translation(MESSAGES, CHAT, frozenset()).open_stream(call, LABEL)
    print(f"a streamed chunk: {timed(lambda: stream.feed(CHUNK), CHUNKS):.1f} µs")


main()
