"""The history of calls over the API (contract 2.9)."""

from __future__ import annotations

import pytest

from tests.running import RunningHub
from tests.upstream import Upstream, whole
from tests.usage.made import keep, made

pytestmark = pytest.mark.anyio

PATH = "/api/user/model-calls"


async def test_a_person_sees_their_own_calls_newest_first(hub: RunningHub, upstream: Upstream) -> None:
    await hub.ask(None, **{"x-request-id": "mine-1", "x-aigne-hub-client-did": "shop"})
    upstream.script = whole({}, 500)
    await hub.ask(None, **{"x-request-id": "mine-2"})
    await hub.ask(None, authorization=f"Bearer {hub.owner_key}")
    page = (await hub.http.get(PATH, headers=hub.bearer())).json()
    assert (page["count"], page["paging"]) == (2, {"page": 1, "pageSize": 50})
    failed, done = page["list"]
    assert [failed["requestId"], done["requestId"]] == ["mine-2", "mine-1"]
    assert (failed["status"], failed["errorReason"]) == (
        "failed",
        "upstream_overloaded: the provider failed with status 500",
    )
    assert (done["status"], done["type"], done["model"]) == ("success", "chatCompletion", "up/m")
    assert done["usageMetrics"] == {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15}
    assert (done["totalUsage"], done["usageSource"], done["appDid"]) == (15, "reported", "shop")
    assert done["provider"]["displayName"] == "Upstream"
    assert done["userInfo"] == {"did": str(hub.member.id), "fullName": "Max", "email": "max@example.com"}
    assert done["duration"] >= 0 and done["durationSeconds"] == round(done["duration"] / 1000, 1)


async def test_a_call_that_failed_shows_its_attempts_and_their_credentials_to_admins_alone(
    hub: RunningHub, upstream: Upstream
) -> None:
    await hub.ask()
    upstream.script = whole({"error": "down"}, 503)
    await hub.ask()
    failed, done = (await hub.http.get(PATH, headers=hub.bearer())).json()["list"]
    assert "attempts" not in done
    (only,) = failed["attempts"]
    assert only.pop("duration") >= 0 and only.pop("startedAt") == failed["createdAt"]
    assert only == {
        "number": 1,
        "providerId": str(hub.provider.id),
        "upstreamModel": "m",
        "outcome": "overloaded",
        "status": 503,
        "error": "upstream_overloaded: the provider failed with status 503: down",
    }
    seen = await hub.http.get(f"{PATH}?allUsers=true", headers=hub.bearer(hub.owner_key))
    assert seen.json()["list"][0]["attempts"][0]["credentialId"] == failed["credentialId"]


async def test_everybodys_calls_are_for_those_who_manage(hub: RunningHub) -> None:
    await hub.ask()
    mine = await hub.http.get(PATH, headers=hub.bearer(hub.owner_key))
    assert mine.json()["count"] == 0
    everybodys = await hub.http.get(f"{PATH}?allUsers=true", headers=hub.bearer(hub.owner_key))
    assert everybodys.json()["count"] == 1
    refused = await hub.http.get(f"{PATH}?allUsers=true", headers=hub.bearer())
    assert refused.status_code == 403
    assert refused.json()["error"] == "Insufficient permissions. Admin or owner role required."


async def test_pages_and_filters(hub: RunningHub) -> None:
    for number in range(5):
        await hub.ask(None, **{"x-request-id": f"r{number}"})

    async def ids(query: str) -> list[str]:
        page = await hub.http.get(f"{PATH}?{query}", headers=hub.bearer())
        assert page.status_code == 200, page.text
        return [call["requestId"] for call in page.json()["list"]]

    assert await ids("pageSize=2") == ["r4", "r3"]
    assert await ids("page=3&pageSize=2") == ["r0"]
    assert await ids("page=4&pageSize=2") == []
    assert await ids("search=r2") == ["r2"]
    assert await ids("status=failed") == []
    assert await ids("endTime=1000") == []
    assert len(await ids("startTime=1000&model=UP&type=chatCompletion&status=success")) == 5
    assert len(await ids(f"providerId={hub.provider.id}")) == 5
    assert len(await ids("endTime=99999999999")) == 5
    assert await ids("startTime=4102444800") == []


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "pageSize=101",
        "pageSize=0",
        "status=odd",
        "startTime=now",
        "endTime=-1",
        "search=" + "x" * 101,
    ],
)
async def test_a_bad_query_is_refused_in_a_sentence(hub: RunningHub, query: str) -> None:
    answer = await hub.http.get(f"{PATH}?{query}", headers=hub.bearer())
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]


async def test_a_stranger_sees_nothing(hub: RunningHub) -> None:
    answer = await hub.http.get(PATH)
    assert answer.status_code == 401
    assert answer.json() == {"error": "User not authenticated", "code": "missing_api_key"}


async def test_a_picture_is_used_as_a_picture_and_not_as_its_tokens(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        await keep(conn, made("2025-10-07", user_id=hub.member.id, kind="imageGeneration", images=2, input_tokens=50))
    (call,) = (await hub.http.get(PATH, headers=hub.bearer())).json()["list"]
    assert (call["totalUsage"], call["usageMetrics"]["totalTokens"]) == (2, 50)
