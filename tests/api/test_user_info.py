"""Who a key belongs to, as `aigne hub status` asks (contract 2.9)."""

from __future__ import annotations

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mount", ["", "/ai-kit"])
async def test_a_key_tells_whose_it_is(hub: RunningHub, mount: str) -> None:
    answer = (await hub.http.get(f"{mount}/api/user/info", headers=hub.bearer())).json()
    assert answer["user"] == {"did": str(hub.member.id), "fullName": "Max", "email": "max@example.com", "avatar": None}
    assert (answer["enableCredit"], answer["creditBalance"], answer["paymentLink"]) == (False, None, None)
    assert (answer["currency"], answer["creditPrefix"]) == (None, "$")
    assert answer["profileLink"] == f"{hub.url}/profile"


async def test_nobody_is_told_so_in_the_references_words(hub: RunningHub) -> None:
    answer = await hub.http.get("/api/user/info")
    assert (answer.status_code, answer.json()["error"]) == (401, "User not authenticated")
