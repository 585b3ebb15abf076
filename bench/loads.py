"""Loads live here: wrk for JSON, a client of our own for streams, and what the gateway used meanwhile."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from procs import PRIORITY, TICK, core_busy, cpu_seconds

KIT = Path(__file__).resolve().parent
PYTHON = sys.executable


def post_once(port, path, key, model, headers, stream=False, timeout=5):
    body = json.dumps(
        {
            "model": model,
            "messages": [{"role": "user", "content": "ping"}],
            **({"stream": True} if stream else {}),
        }
    ).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *[f"{k}: {v}" for k, v in headers.items()],
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        out = b""
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            out += piece
            if b"0\r\n\r\n" in out[-8:]:
                break
            head, sep, rest = out.partition(b"\r\n\r\n")
            if sep and (i := head.lower().find(b"content-length:")) >= 0:
                if len(rest) >= int(head[i + 15 :].split(b"\r\n")[0]):
                    break
    return out


class Load:
    def __init__(self, a, target, port):
        self.a, self.t, self.port = a, target, port
        self.env = {
            **os.environ,
            "BENCH_KEY": target.get("key", "sk-bench"),
            "BENCH_MODEL": target.get("model", "gpt-4o-mini"),
            "BENCH_PATH": target.get("path", "/v1/chat/completions"),
            "BENCH_HEADERS": "|".join(f"{k}: {v}" for k, v in target.get("headers", {}).items()),
        }

    def wrk(self, connections, seconds, stream=False):
        out = subprocess.run(
            [
                *PRIORITY,
                "taskset",
                "-c",
                self.a.load_cores,
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "--latency",
                "--timeout",
                "30s",
                "-s",
                str(KIT / "load/chat.lua"),
                f"http://127.0.0.1:{self.port}",
            ],
            env={**self.env, "BENCH_STREAM": "1" if stream else "0"},
            capture_output=True,
            text=True,
        ).stdout
        r = json.loads(next(line for line in out.splitlines() if line.startswith("JSON"))[5:])
        r["rps"] = r["requests"] / (r["duration_us"] / 1e6)
        r["errors"] = sum(r[k] for k in r if k.startswith("err_"))
        return r

    def sse(self, connections, seconds, ramp=0.0):
        argv = [
            *PRIORITY,
            "taskset",
            "-c",
            self.a.load_cores,
            PYTHON,
            str(KIT / "load/sse_client.py"),
            "--port",
            str(self.port),
            "--path",
            self.env["BENCH_PATH"],
            "--key",
            self.env["BENCH_KEY"],
            "--model",
            self.env["BENCH_MODEL"],
            "-c",
            str(connections),
            "-d",
            str(seconds),
            "--ramp",
            str(ramp),
        ]
        for k, v in self.t.get("headers", {}).items():
            argv += ["--header", f"{k}: {v}"]
        p = subprocess.run(argv, capture_output=True, text=True)
        if p.returncode:
            raise RuntimeError(p.stderr[-2000:])
        return json.loads(next(line for line in p.stdout.splitlines() if line.startswith("JSON"))[5:])


def measured(load, gw_pid, load_core, gw_cores=()):
    """Run load(); add the gateway's CPU seconds, how busy the load core was, and the share of the
    gateway's cores that went to anything else (noise)."""
    c0, (b0, t0), w0 = cpu_seconds(gw_pid) if gw_pid else 0, core_busy(load_core), time.time()
    g0 = [core_busy(c)[0] for c in gw_cores]
    r = load()
    wall = time.time() - w0
    b1, t1 = core_busy(load_core)
    r["load_core_busy"] = round((b1 - b0) / max(1, t1 - t0), 3)
    if gw_pid:
        r["gw_cpu_s"] = cpu_seconds(gw_pid) - c0
        r["gw_cpu_frac"] = round(r["gw_cpu_s"] / wall, 3)
        busy = sum(core_busy(c)[0] - b for c, b in zip(gw_cores, g0)) / TICK
        r["foreign"] = round(max(0.0, busy - r["gw_cpu_s"]) / wall, 3)
    return r


def med(rows, key, nd=1):
    v = [r[key] for r in rows if r.get(key) is not None]
    return round(statistics.median(v), nd) if v else None


def spread(rows, key):
    v = [r[key] for r in rows if r.get(key)]
    return round((max(v) - min(v)) / statistics.median(v), 3) if v else None


def calibrate(cores):
    """Seconds a fixed pure-Python loop takes on the gateway's core: how fast the machine is just now."""
    code = "import time\nt=time.perf_counter()\nx=0\nfor i in range(3_000_000): x+=i*i%7\nprint(time.perf_counter()-t)"
    out = subprocess.run([*PRIORITY, "taskset", "-c", cores, PYTHON, "-c", code], capture_output=True, text=True).stdout
    return round(float(out), 4)
