"""The control plane as a whole: its document, and its errors."""

from __future__ import annotations

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_the_openapi_document_describes_the_routes_once(hub: RunningHub) -> None:
    document = (await hub.http.get("/api/openapi.json")).json()
    assert "/api/ai-providers/{provider_id}/credentials" in document["paths"]
    assert "/api/user/model-calls" in document["paths"]
    assert not [path for path in document["paths"] if path.startswith("/api/ai/")]


async def test_an_answer_has_the_request_id_and_may_be_read_by_any_page(hub: RunningHub) -> None:
    answer = await hub.http.get("/api/ai-providers/health", headers={"x-request-id": "abc"})
    assert answer.headers["x-request-id"] == "abc"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_wrong_method_and_an_unknown_path_are_told_in_json(hub: RunningHub) -> None:
    wrong = await hub.http.patch("/api/user/model-calls")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert wrong.json()["code"] == "method_not_allowed"
    unknown = await hub.http.get("/api/nothing")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")


async def test_a_body_that_is_no_json_is_refused(hub: RunningHub) -> None:
    answer = await hub.http.post("/api/ai-providers", content=b"{", headers=hub.bearer(hub.owner_key))
    assert answer.status_code == 400
    assert "Validation error" in answer.json()["error"]


async def test_a_body_over_the_limit_is_refused(hub: RunningHub) -> None:
    body = b" " * (hub.settings.body_limit + 1)
    answer = await hub.http.post("/api/ai-providers", content=body, headers=hub.bearer(hub.owner_key))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
