"""What the served document says beyond what FastAPI knows."""

from __future__ import annotations

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_the_hub_serves_its_document(hub: RunningHub) -> None:
    answer = await hub.http.get("/api/openapi.json")
    assert answer.status_code == 200
    operation = answer.json()["paths"]["/api/audit"]["get"]
    assert (operation["x-role"], operation["x-scope"]) == ("admin", "admin")
    assert operation["responses"]["403"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Problem"
    }
