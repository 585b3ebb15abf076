"""Mock OpenAI chat upstream: raw asyncio protocol, JSON and SSE.

POST .../chat/completions answers with SSE when the body has "stream": true, else with JSON.
Every SSE delta carries the time it was written ("t=<monotonic ns> "), so a client on the same
machine can tell how long each chunk was under way.

  --pace burst   all chunks in one write
  --pace yield   one write per chunk, one event-loop turn apart
  --pace 20      one write per chunk, 20 ms apart (a model at 50 tokens/s)
"""

import argparse
import asyncio
import re
from time import monotonic_ns

STREAM = re.compile(rb'"stream"\s*:\s*true')
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.I)
CHUNKED = re.compile(rb"transfer-encoding:[^\r]*chunked", re.I)

JSON_BODY = (
    b'{"id":"chatcmpl-CBench0000000000000000000001","object":"chat.completion","created":1760000000,'
    b'"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":'
    b'"A gateway sits between the applications and the model providers. It checks the key, picks a '
    b'provider, forwards the call and records what it cost.","refusal":null,"annotations":[]},'
    b'"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":231,"completion_tokens":29,'
    b'"total_tokens":260,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"service_tier":"default",'
    b'"system_fingerprint":"fp_bench00001"}'
)
JSON_REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_mock_0001\r\n"
    b"Content-Length: %d\r\n\r\n" % len(JSON_BODY)
) + JSON_BODY
SSE_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
CHUNK_HEAD = (
    b'{"id":"chatcmpl-CBench0000000000000000000001","object":"chat.completion.chunk","created":1760000000,'
    b'"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_bench00001","choices":['
)


def frame(event: bytes) -> bytes:
    event = b"data: " + event + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(event), event)


def delta(text: bytes) -> bytes:
    return frame(
        CHUNK_HEAD
        + b'{"index":0,"delta":{"content":"'
        + text
        + b'"},"logprobs":null,"finish_reason":null}],"usage":null}'
    )


FIRST = frame(
    CHUNK_HEAD + b'{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,'
    b'"finish_reason":null}],"usage":null}'
)
TAIL = (
    frame(CHUNK_HEAD + b'{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}')
    + frame(
        CHUNK_HEAD + b'],"usage":{"prompt_tokens":231,"completion_tokens":64,"total_tokens":295,'
        b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
        b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}'
    )
    + frame(b"[DONE]")
    + b"0\r\n\r\n"
)
_PRE, _POST = delta(b"t=%019d " % 0).split(b"t=%019d " % 0)


def timed_delta() -> bytes:
    return b"%bt=%019d %b" % (_PRE, monotonic_ns(), _POST)


class Mock(asyncio.Protocol):
    chunks = 64
    pace = 0.0  # seconds between chunks; 0 = one loop turn; <0 = burst
    latency = 0.0

    def connection_made(self, transport):
        self.transport = transport
        self.buf = b""
        self.loop = asyncio.get_running_loop()
        self.closed = False
        self.timer = None

    def connection_lost(self, exc):
        self.closed = True
        if self.timer:
            self.timer.cancel()

    def data_received(self, data):
        self.buf = data = self.buf + data if self.buf else data
        while data:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                break
            head = data[:end]
            start = end + 4
            if m := LENGTH.search(head):
                stop = start + int(m[1])
                if len(data) < stop:
                    break
            elif CHUNKED.search(head):
                stop = data.find(b"0\r\n\r\n", start)
                if stop < 0:
                    break
                stop += 5
            else:
                stop = start
            body = data[start:stop]
            self.buf = data = data[stop:]
            self.answer(body)

    def answer(self, body):
        if STREAM.search(body):
            if self.latency:
                self.timer = self.loop.call_later(self.latency, self.start_stream)
            else:
                self.start_stream()
        elif self.latency:
            self.timer = self.loop.call_later(self.latency, self.transport.write, JSON_REPLY)
        else:
            self.transport.write(JSON_REPLY)

    def start_stream(self):
        if self.pace < 0:
            self.transport.write(SSE_HEAD + FIRST + b"".join(timed_delta() for _ in range(self.chunks)) + TAIL)
            return
        self.left = self.chunks
        self.due = self.loop.time()
        self.transport.write(SSE_HEAD + FIRST)
        self.step()

    def step(self):
        if self.closed:
            return
        if not self.left:
            self.transport.write(TAIL)
            return
        self.left -= 1
        self.transport.write(timed_delta())
        if self.pace:
            self.due += self.pace
            self.timer = self.loop.call_at(self.due, self.step)
        else:
            self.loop.call_soon(self.step)


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=9002)
    p.add_argument("--chunks", type=int, default=64)
    p.add_argument("--pace", default="yield")
    p.add_argument("--latency-ms", type=float, default=0)
    a = p.parse_args()
    Mock.chunks = a.chunks
    Mock.pace = {"burst": -1.0, "yield": 0.0}.get(a.pace) if a.pace in ("burst", "yield") else float(a.pace) / 1e3
    Mock.latency = a.latency_ms / 1e3
    server = await asyncio.get_running_loop().create_server(Mock, "127.0.0.1", a.port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main())
    except ImportError:
        asyncio.run(main())
