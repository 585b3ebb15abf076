"""What the hub logs of calls at its default level: ids and codes, never a key, a prompt or an answer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from tests.cli.shell import Shell
from tests.serving_process import serving_hub
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio

PROMPT, ANSWER, CREDENTIAL = "the secret recipe", "Hello", "sk-credential-0123456789"


async def test_a_log_line_has_the_request_id_and_no_secret(tmp_path: Path, upstream: Upstream) -> None:
    shell = Shell(tmp_path / "data")
    words = ("provider", "add", "up", "--base-url", upstream.url, "--api-key", CREDENTIAL, "--no-check")
    assert (await asyncio.to_thread(shell.run, *words)).code == 0
    body = {"model": "up/m", "messages": [{"role": "user", "content": PROMPT}]}
    with serving_hub(tmp_path / "data", log_level="info") as hub:
        key = hub.first_key
        async with httpx.AsyncClient(base_url=hub.url, headers={"authorization": f"Bearer {key}"}) as http:
            assert (await http.post("/v1/chat/completions", json=body)).json() == COMPLETION
            said = {"error": {"message": f"cannot answer {PROMPT} with {CREDENTIAL}"}}
            for status in (400, 500, 401):
                upstream.script = whole(said, status)
                await http.post("/v1/chat/completions", json=body, headers={"x-request-id": f"r-{status}"})
            await http.post("/v1/chat/completions", json=body, headers={"authorization": "Bearer blocklet-wrong"})
            await http.get("/api/ai-providers?access_token=blocklet-other")
        assert await asyncio.to_thread(hub.stop) == 0
        lines = [line for line in hub.log_lines() if line]
    failed = [json.loads(line) for line in lines if '"call failed"' in line]
    assert [line["request_id"] for line in failed] == ["r-400", "r-500", "r-401"]
    assert [line["code"] for line in failed] == ["upstream_rejected", "upstream_overloaded", "upstream_credential"]
    for secret in (PROMPT, ANSWER, CREDENTIAL, str(key), "blocklet-wrong", "blocklet-other"):
        assert secret not in "\n".join(lines)
