"""How soon a revoked key stops everywhere: two workers, asked over new connections until none lets it in.

    python bench/revocation.py

Prints the time from the answer to the revocation until the last call that still passed. Needs nothing else.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

BIN = Path(sys.executable).parent
ADDRESS, KEYS, WATCHED_S = "http://127.0.0.1:8091", 15, 1.5


def hub_command(data, *words):
    done = subprocess.run([BIN / "aigne-hub", *words, "--data-dir", data], capture_output=True, text=True, check=True)
    return done.stdout


def passes(key):
    """Whether a worker lets the key in; which worker takes the new connection is the kernel's choice."""
    status = httpx.get(f"{ADDRESS}/v1/models", headers={"authorization": f"Bearer {key}"}).status_code
    assert status in (200, 401), status
    return status == 200


def revoked_after_ms(data, admin):
    made = json.loads(hub_command(data, "key", "create", "--name", "k", "--json"))
    while not all(passes(made["key"]) for _ in range(8)):
        time.sleep(0.1)
    answer = httpx.delete(f"{ADDRESS}/api/access-keys/{made['id']}", headers={"authorization": f"Bearer {admin}"})
    assert answer.status_code < 300, answer.text
    began = last = time.perf_counter()
    refused = 0
    while time.perf_counter() - began < WATCHED_S:
        asked = time.perf_counter()
        if passes(made["key"]):
            last = asked
        else:
            refused += 1
    assert refused, "nobody refused the key"
    return (last - began) * 1e3


def main():
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        admin = json.loads(hub_command(data, "key", "create", "--name", "admin", "--json"))["key"]
        command = [
            BIN / "aigne-hub",
            "serve",
            "--port",
            ADDRESS.rpartition(":")[2],
            "--workers",
            "2",
            "--data-dir",
            data,
        ]
        env = {**os.environ, "HUB_LOCAL_MODEL": "off", "HUB_LOG_LEVEL": "error"}
        hub = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        try:
            time.sleep(5)
            took = [revoked_after_ms(data, admin) for _ in range(KEYS)]
        finally:
            hub.terminate()
            hub.wait(30)
    middle, most = statistics.median(took), max(took)
    print(f"last call that passed after a revocation, of {KEYS}: median {middle:.0f} ms, most {most:.0f} ms")


main()
