"""What was used in a time, as the reference's clients and its guide ask (contract 2.9 and 3.3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigne_hub.access.identity import Rights, Role, Scope
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from tests.databases import fresh_sqlite
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream, whole
from tests.usage.made import keep, made, ms_at

pytestmark = pytest.mark.anyio

STATS, ALL_STATS, USAGE = "/api/user/usage-stats", "/api/user/admin/user-stats", "/api/v2/usage"
START, END = ms_at("2025-10-07 06:00") // 1000, ms_at("2025-10-09 05:59:59") // 1000
NOTHING = {"totalUsage": 0, "totalCalls": 0, "totalCredits": 0}


async def asked(hub: RunningHub, path: str, key: str | None = None, **query: Any) -> Any:
    answer = await hub.http.get(path, params=query, headers=hub.bearer(key))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def two_users_days(hub: RunningHub) -> None:
    """Calls of the member and the owner over four days."""
    mine, theirs = {"user_id": hub.member.id, "provider_id": hub.provider.id}, {"user_id": hub.owner.id}
    async with hub.house.database.write() as conn:
        await keep(
            conn,
            made("2025-10-05 06:00", **mine, input_tokens=95, credits=0.5),
            made("2025-10-06 12:00", **mine, input_tokens=5, status="failed"),
            made("2025-10-07 06:00", **mine, input_tokens=12, output_tokens=3, cache_read_tokens=100, credits=0.00365),
            made("2025-10-07 20:00", **mine, input_tokens=20, output_tokens=10, credits=0.5),
            made("2025-10-07 21:00", **mine, input_tokens=1, status="failed"),
            made("2025-10-09 01:00", **mine, kind="embedding", upstream_model="e", input_tokens=8, credits=0.1),
            made("2025-10-09 05:59:59.9", **mine, kind="imageGeneration", upstream_model="i", images=2, input_tokens=5),
            made("2025-10-09 06:00", **mine, input_tokens=1_000_000),
            made("2025-10-08 06:00", **theirs, input_tokens=7, credits=2),
        )  # fmt: skip


async def test_a_person_is_told_what_they_used_and_nothing_of_others(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    await two_users_days(hub)
    told = await asked(hub, STATS, startTime=START, endTime=END)
    assert told["summary"] == {
        "byType": {
            "chatCompletion": {"totalUsage": 146, "totalCalls": 3, "totalCredits": 0.50365, "successCalls": 2},
            "embedding": {"totalUsage": 8, "totalCalls": 1, "totalCredits": 0.1, "successCalls": 1},
            "imageGeneration": {"totalUsage": 2, "totalCalls": 1, "totalCredits": 0, "successCalls": 1},
        },
        "totalCalls": 5,
        "totalCredits": 0.60365,
        "modelCount": 3,
        "totalUsage": 156,
    }
    assert [one["date"] for one in told["dailyStats"]] == ["2025-10-07", "2025-10-08", "2025-10-09"]
    first, second, third = told["dailyStats"]
    assert first == {
        "date": "2025-10-07",
        "timestamp": ms_at("2025-10-07") // 1000,
        **{"totalUsage": 146, "totalCalls": 3, "totalCredits": 0.50365},
        **{"tokens": 146, "requests": 3, "credits": 0.50365},
        "byType": {"chatCompletion": told["summary"]["byType"]["chatCompletion"]},
    }
    assert (second["totalCalls"], second["byType"]) == (0, {})
    assert (third["totalUsage"], third["totalCredits"]) == (10, 0.1)
    assert list(third["byType"]) == ["embedding", "imageGeneration"]
    up = {"id": str(hub.provider.id), "name": "up", "displayName": "Upstream"}
    assert told["modelStats"] == [
        {"providerId": up["id"], "provider": up, "model": model, "totalCalls": calls, "totalCredits": credits}
        for model, calls, credits in (("m", 3, 0.50365), ("e", 1, 0.1), ("i", 1, 0))
    ]
    current = {"totalUsage": 156, "totalCalls": 5, "totalCredits": 0.60365}
    previous = {"totalUsage": 100, "totalCalls": 2, "totalCredits": 0.5}
    assert told["trendComparison"] == {
        "current": current,
        "previous": previous,
        "growth": {"usageGrowth": 0.56, "callsGrowth": 1.5, "creditsGrowth": pytest.approx(0.2073)},
        "currentPeriod": current,
        "previousPeriod": previous,
        "creditsChangePercentage": 20.73,
        "callsChangePercentage": 150,
    }


async def test_managers_are_told_what_all_used(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    await two_users_days(hub)
    told = await asked(hub, ALL_STATS, hub.owner_key, startTime=START, endTime=END)
    assert {name: told["summary"][name] for name in ("totalCalls", "totalUsage", "totalCredits", "modelCount")} == {
        "totalCalls": 6,
        "totalUsage": 163,
        "totalCredits": 2.60365,
        "modelCount": 4,
    }
    assert [one["totalCalls"] for one in told["dailyStats"]] == [3, 1, 2]
    (removed,) = [one for one in told["modelStats"] if one["provider"] is None]
    assert (removed["providerId"], removed["model"], removed["totalCalls"]) == ("3", "m", 1)
    owners = await asked(hub, STATS, hub.owner_key, startTime=START, endTime=END)
    assert (owners["summary"]["totalCalls"], owners["summary"]["totalCredits"]) == (1, 2)
    refused = await hub.http.get(ALL_STATS, params={"startTime": START, "endTime": END}, headers=hub.bearer())
    assert refused.status_code == 403


async def test_five_models_are_told_and_all_are_counted(hub: RunningHub) -> None:
    names = [name for number, name in enumerate("abcdefg") for _ in range(number + 1)]
    async with hub.house.database.write() as conn:
        await keep(conn, *[made("2025-10-08", user_id=hub.member.id, upstream_model=name) for name in names])
    told = await asked(hub, STATS, startTime=START, endTime=END)
    shown = [(one["model"], one["totalCalls"]) for one in told["modelStats"]]
    assert shown == [("g", 7), ("f", 6), ("e", 5), ("d", 4), ("c", 3)]
    assert told["summary"]["modelCount"] == 7


async def test_a_time_without_calls_is_all_zeros(hub_on_both: RunningHub) -> None:
    told = await asked(hub_on_both, STATS, startTime=1672531200, endTime=1675228799)
    assert told["summary"] == {"byType": {}, "modelCount": 0, **NOTHING}
    assert [one["date"] for one in told["dailyStats"]] == [*(f"2023-01-{day:02}" for day in range(1, 32)), "2023-02-01"]
    assert told["modelStats"] == []
    assert told["trendComparison"]["growth"] == {"usageGrowth": 0, "creditsGrowth": 0, "callsGrowth": 0}
    assert told["trendComparison"]["previousPeriod"] == NOTHING


@pytest.mark.parametrize("path", [STATS, ALL_STATS, USAGE])
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("startTime=-1&endTime=5", "startTime must be a time in Unix seconds"),
        ("startTime=1&endTime=now", "endTime must be a time in Unix seconds"),
        ("startTime=1.5&endTime=5", "startTime must be a time in Unix seconds"),
        ("startTime=&endTime=5", "startTime must be a time in Unix seconds"),
        ("startTime=1&endTime=\u0665", "endTime must be a time in Unix seconds"),
        ("startTime=1&endTime=100000000000", "endTime must be a time in Unix seconds"),
        ("startTime=2&endTime=1", "endTime must not be before startTime"),
        ("startTime=0&endTime=31622401", "at most 366 days"),
        ("startTime=0", "at most 366 days"),
    ],
)
async def test_a_bad_time_is_refused_in_a_sentence(hub: RunningHub, path: str, query: str, problem: str) -> None:
    answer = await hub.http.get(f"{path}?{query}", headers=hub.bearer(hub.owner_key))
    assert answer.status_code == 400
    if query == "startTime=0" and path != USAGE:
        problem = "endTime: Field required"
    error = answer.json()["error"]
    assert problem in (error["message"] if path == USAGE else error)


async def test_the_longest_time_and_the_latest_are_answered(hub: RunningHub) -> None:
    longest = await asked(hub, STATS, startTime=0, endTime=31622400)
    assert len(longest["dailyStats"]) == 367
    latest = await asked(hub, STATS, startTime=99999999999, endTime=99999999999)
    assert (latest["summary"]["totalCalls"], len(latest["dailyStats"])) == (0, 1)


@pytest.mark.parametrize("mount", ["", "/ai-kit"])
async def test_without_a_time_the_last_30_days_are_told(hub: RunningHub, upstream: Upstream, mount: str) -> None:
    now_ms = hub.house.clock.now_ms()
    async with hub.house.database.write() as conn:
        old = made("2025-10-08", user_id=hub.member.id, input_tokens=1)
        await keep(conn, {**old, "id": hub.house.recorder.new_id() - (31 * 86_400_000 << 22)})
    await hub.ask()
    upstream.script = whole({}, 500)
    await hub.ask()
    told = await asked(hub, mount + USAGE)
    assert told["summary"]["byType"] == {
        "chatCompletion": {"totalUsage": 15, "totalCalls": 2, "totalCredits": 0, "successCalls": 1}
    }
    assert (len(told["dailyStats"]), told["modelStats"][0]["model"]) == (31, "m")
    assert told["trendComparison"]["previous"]["totalUsage"] == 1
    longer = await asked(hub, mount + USAGE, startTime=now_ms // 1000 - 40 * 86_400)
    assert longer["summary"]["totalCalls"] == 3


@pytest.fixture
async def stopped(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A hub at which it is Thursday, 2025-10-09, a little before nine."""
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    async with running_hub(settings_for(url, tmp_path), upstream, clock=StoppedClock()) as running:
        yield running


async def test_the_week_and_the_month_are_compared_with_those_before(stopped: RunningHub) -> None:
    times = ("2025-08-31 23:59:59", "2025-09-01 00:00", "2025-10-04 23:59:59", "2025-10-05 00:00", "2025-10-09 00:00")
    async with stopped.house.database.write() as conn:
        for time, tokens in zip(times, (1000, 40, 10, 5, 20), strict=True):
            await keep(conn, made(time, user_id=stopped.member.id, input_tokens=tokens, credits=tokens / 10))
        await keep(conn, made("2025-10-09", user_id=stopped.owner.id, input_tokens=9))
    assert await asked(stopped, "/api/user/weekly-comparison") == {
        "current": {"totalUsage": 25, "totalCalls": 2, "totalCredits": 2.5},
        "previous": {"totalUsage": 10, "totalCalls": 1, "totalCredits": 1},
        "growth": {"usageGrowth": 1.5, "callsGrowth": 1, "creditsGrowth": 1.5},
    }
    assert await asked(stopped, "/api/user/monthly-comparison") == {
        "current": {"totalUsage": 35, "totalCalls": 3, "totalCredits": 3.5},
        "previous": {"totalUsage": 40, "totalCalls": 1, "totalCredits": 4},
        "growth": {"usageGrowth": -0.125, "callsGrowth": 2, "creditsGrowth": -0.125},
    }
    owners = await asked(stopped, "/api/user/weekly-comparison", stopped.owner_key)
    assert (owners["current"]["totalUsage"], owners["previous"]) == (9, NOTHING)
    assert owners["growth"] == {"usageGrowth": 1, "callsGrowth": 1, "creditsGrowth": 0}


PATHS = [STATS, ALL_STATS, USAGE, "/api/user/weekly-comparison", "/api/user/monthly-comparison"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_key_for_other_things_is_not_told(hub: RunningHub, path: str) -> None:
    needed = Scope.admin if path == ALL_STATS else Scope.usage_read

    async def by_key_of(*scopes: Scope) -> httpx.Response:
        rights = Rights(scopes=frozenset(scopes))
        async with hub.house.database.write() as conn:
            key = await hub.house.keys.create(conn, SYSTEM, hub.owner.id, "k", role=Role.owner, rights=rights)
        params = {"startTime": START, "endTime": END}
        return await hub.http.get(path, params=params, headers=hub.bearer(key.secret))

    refused = await by_key_of(*(set(Scope) - {needed}))
    assert refused.status_code == 403
    assert f"lacks the scope {needed}" in refused.text
    assert (await by_key_of(needed)).status_code == 200


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_is_told_nothing(hub: RunningHub, path: str) -> None:
    assert (await hub.http.get(path)).status_code == 401
    console = await hub.signed_in(hub.owner)
    answer = await hub.http.get(path, params={"startTime": START, "endTime": END}, headers=console)
    assert answer.status_code == 200
