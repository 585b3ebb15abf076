"""What a dead first target costs, while the second is well: the calls that discover it, and those after.

    python bench/dead_target.py

It refuses connections, hangs (its limit for the first byte is half a second here), or answers 500. For each way 200
calls, one after another, with a pause in the middle after which it is probed; beside them the same without it.
"""

import asyncio
import socket
import time

from small_hub import CHAT, Provider, command, small_hub

CALLS, FIRST_BYTE_S, PROBED_AFTER_S = 200, 0.5, 6
ERROR = b'{"error":{"message":"out of order"}}'


class Hanging(Provider):
    async def answer(self, writer):
        await asyncio.sleep(3600)


class Failing(Provider):
    async def answer(self, writer):
        head = b"HTTP/1.1 500 Oops\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % len(ERROR) + ERROR)


def set_up(data):
    for number in (1, 2, 3):
        command(data, "route", "set", f"dead{number}", "--target", f"p{number}/m@1", "--target", "p4/m@2")
    command(data, "route", "set", "well", "--target", "p4/m")


async def times_of(http, model):
    """Seconds of each call, and whether the first target was asked in it, in two halves."""
    took = []
    for number in range(CALLS):
        if number == CALLS // 2:
            await asyncio.sleep(PROBED_AFTER_S)
        began = time.perf_counter()
        answer = await http.post("/v1/chat/completions", json={"model": model, **CHAT})
        took.append((time.perf_counter() - began, int(answer.headers["x-hub-attempts"]) > 1))
        assert answer.status_code == 200, answer.text
    return took


def show(name, took):
    half = CALLS // 2
    found, probes = [
        [f"{seconds * 1e3:.1f}" for seconds, is_asked in part if is_asked] for part in (took[:half], took[half:])
    ]
    others = sorted(seconds * 1e3 for seconds, is_asked in took if not is_asked)
    told = f"found so in {', '.join(found)} ms, probed in {', '.join(probes)} ms; " if found else ""
    median, most = others[len(others) // 2], others[-1]
    print(f"{name:22} {told}{len(others)} others: median {median:.2f} ms, at most {most:.1f} ms")


async def main():
    hanging, failing, well = Hanging(None), Failing(None), Provider(lambda: 0)
    servers = [await asyncio.start_server(one, "127.0.0.1", 0) for one in (hanging, failing, well)]
    with socket.create_server(("127.0.0.1", 0)) as taken:  # nobody else gets its port, and it takes no connection
        refusing = taken.getsockname()[1]
        taken.close()
        ports = [refusing, *[one.sockets[0].getsockname()[1] for one in servers]]
        async with small_hub(ports, set_up, HUB_FIRST_BYTE_S=str(FIRST_BYTE_S)) as http, asyncio.timeout(300):
            for name, model in (
                ("all are well", "well"),
                ("the first refuses", "dead1"),
                ("the first hangs", "dead2"),
                ("the first answers 500", "dead3"),
                ("all are well, again", "well"),
            ):
                show(name, await times_of(http, model))


asyncio.run(main())
