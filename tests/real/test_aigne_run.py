"""The published CLI runs small agents, whose every word goes through the hub's native door (contract 1.3)."""

from __future__ import annotations

import subprocess
from asyncio import StreamWriter
from pathlib import Path

import anyio.to_thread
import pytest

from tests.real.conftest import MODEL, RealHub
from tests.real.packages import installed, run, tool
from tests.running import RunningHub
from tests.upstream import USAGE, Asked, Upstream, chunk, chunks_of, events_of, streamed

_HERE = Path(__file__).parent
_AGENTS = str(_HERE / "aigne_agents")
_USE = {"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}


def run_agent(home: Path, url: str, key: str, agent: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`aigne run` of one of the agents, with a home of its own."""
    folder = installed(_HERE / "aigne_cli")
    return run(
        [tool("node"), str(folder / "node_modules" / ".bin" / "aigne"), "run", _AGENTS, agent, *words],
        folder=folder,
        timeout_s=120,
        AIGNE_HUB_API_URL=url,
        AIGNE_HUB_API_KEY=key,
        HOME=str(home),
    )


async def forecast(asked: Asked, writer: StreamWriter) -> None:
    """A provider whose model asks for the weather, and then tells it."""
    if any(one["role"] == "tool" for one in asked.json["messages"]):
        await streamed(events_of(chunks_of(["Take", " an umbrella."])))(asked, writer)
        return
    choices = [{"index": 0, "delta": {"tool_calls": [_USE]}, "finish_reason": "tool_calls"}]
    await streamed(events_of([chunk(choices=choices), chunk(choices=[], usage=USAGE)]))(asked, writer)


@pytest.mark.anyio
async def test_an_agent_asks_its_skill_and_prints_its_answer(
    hub: RunningHub, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = forecast
    done = await anyio.to_thread.run_sync(
        lambda: run_agent(tmp_path / "home", hub.url, hub.member_key, "forecaster", "--message", "How is Paris?")
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Take an umbrella." in done.stdout
    first, second = [asked.json for asked in upstream.asked]
    assert (first["stream"], [one["function"]["name"] for one in first["tools"]]) == (True, ["weather"])
    assert [one["role"] for one in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert "It rains in Paris" in second["messages"][-1]["content"]
    calls = await hub.calls()
    assert [(call.dialect, call.model, call.status.value) for call in calls] == [("native", "up/m", "success")] * 2
    assert [(call.usage.input, call.usage.output) for call in calls] == [(12, 3)] * 2


def test_an_agent_prints_what_the_real_model_said(real_hub: RealHub, tmp_path: Path) -> None:
    words = ("--model", f"aignehub/{MODEL}", "--message", "Say hello in one short sentence.")
    answer = tmp_path / "answer.txt"
    done = run_agent(tmp_path, real_hub.url, real_hub.key, "greeter", *words, "--output", str(answer))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = answer.read_text().strip()
    assert said
    assert said.split()[0] in done.stdout
    record = real_hub.last_call()
    assert (record["status"], record["model"]) == ("success", MODEL)
