"""The weaknesses that other gateways were found with, each tried on ours and named after where it was found.

More of them are tested where they belong: minted rights in test_access_keys.py, roles in test_me.py, routes in
test_matrix.py, the claiming of a fresh hub in test_auth_links.py, the address guard in tests/outbound/test_guard.py,
secrets in the log in tests/base/test_logs.py.
"""

from __future__ import annotations

import pytest

from aigne_hub.access import store
from tests.running import RunningHub
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

ADMIN_PATHS = ("/api/users", "/api/audit", "/api/oauth-clients", "/api/ai-providers", "/api/preferences")


@pytest.mark.parametrize(
    "bearer",
    [
        "blocklet-'OR/**/1=1--",
        'blocklet-";DROP/**/TABLE/**/keys;--',
        "blocklet-%",
        "blocklet-_",
        "blocklet-\\",
        "hubat_'OR''='",
    ],
)
async def test_litellm_cve_2026_42208_a_key_is_never_part_of_a_query(hub_on_both: RunningHub, bearer: str) -> None:
    hub = hub_on_both
    for path in ("/v1/models", "/api/access-keys"):
        assert (await hub.http.get(path, headers=hub.bearer(bearer))).status_code == 401
    assert (await hub.http.get("/v1/models", headers=hub.bearer())).status_code == 200


async def test_starlette_cve_2026_48710_the_host_header_opens_no_route(hub: RunningHub) -> None:
    for host in ("localhost/api/auth/state?", "x/../api/auth/state", "hub@evil.example", "/api/auth/state"):
        for path in ADMIN_PATHS:
            answer = await hub.http.get(path, headers={**hub.bearer(), "host": host})
            assert answer.status_code in (400, 403), (host, path)


async def test_litellm_cve_2026_35030_keys_that_begin_alike_are_told_apart(hub: RunningHub) -> None:
    assert (await hub.http.get("/v1/models", headers=hub.bearer())).status_code == 200
    alike = hub.member_key[:-1] + ("A" if hub.member_key[-1] != "A" else "B")
    for other in (alike, hub.member_key[:20] + "x" * 32, hub.member_key + "x", hub.member_key[:-1]):
        assert (await hub.http.get("/v1/models", headers=hub.bearer(other))).status_code == 401


async def test_litellm_ghsa_69x8_hrgq_fjj8_the_form_that_is_kept_is_no_key(hub: RunningHub) -> None:
    async with hub.house.database.read() as conn:
        digests = [key.digest for key in await store.list_keys(conn)]
    for digest in digests:
        for form in (digest.hex(), "blocklet-" + digest.hex()):
            assert (await hub.http.get("/v1/models", headers=hub.bearer(form))).status_code == 401


async def test_litellm_cve_2026_12772_a_session_is_no_key_and_a_key_no_session(hub: RunningHub) -> None:
    headers = await hub.signed_in(hub.owner)
    secret = headers["cookie"].partition("=")[2]
    assert (await hub.http.get("/v1/models", headers=hub.bearer(secret))).status_code == 401
    planted = await hub.http.get("/api/auth/session", headers={"cookie": f"hub_session={hub.owner_key}"})
    assert planted.status_code == 401
    async with hub.house.database.read() as conn:
        assert len(await store.list_keys(conn)) == 2  # signing in made none


@pytest.mark.parametrize("path", ["/api/auth/stateful", "/api/auth/state/../../users", "/api/ai-providers/healthy"])
async def test_bifrost_2_0_0_pre1_nothing_is_open_by_the_beginning_of_its_path(hub: RunningHub, path: str) -> None:
    assert (await hub.http.get(path)).status_code in (401, 404, 405)


async def test_envoy_ghsa_4gph_2hhr_5mwg_a_field_in_another_case_is_not_that_field(hub: RunningHub) -> None:
    for body in ('{"name": "k", "Role": "owner"}', '{"name": "k", "ROLE": "owner"}', '{"name": "k", "scopeS": null}'):
        headers = {**hub.bearer(), "content-type": "application/json"}
        assert (await hub.http.post("/api/access-keys", content=body, headers=headers)).status_code == 400


async def test_litellm_cve_2024_6587_no_caller_chooses_where_a_credential_goes(
    hub: RunningHub, upstream: Upstream
) -> None:
    body = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}], "api_base": "http://127.0.0.1:9/v1"}
    for more in ({}, {"base_url": "http://127.0.0.1:9/v1"}, {"model": "http://127.0.0.1:9/v1/m"}):
        answer = await hub.ask({**body, **more})
        assert answer.status_code in (200, 400)
    assert all(asked.path == "/v1/chat/completions" for asked in upstream.asked)


async def test_new_api_source_a_hub_has_no_password_of_its_own(hub: RunningHub) -> None:
    for email, password in (("owner", "owner"), ("root", "123456"), ("admin@example.com", "admin"), ("", "")):
        answer = await hub.http.post("/api/auth/sign-in", json={"email": email, "password": password})
        assert answer.status_code == 401


async def test_litellm_cve_2026_12797_the_list_of_users_is_for_those_who_manage(hub: RunningHub) -> None:
    for path in ("/api/users", "/api/users?q=", f"/api/users/{hub.owner.id}", "/api/invitations"):
        answer = await hub.http.get(path, headers=hub.bearer())
        assert answer.status_code == 403
        assert "olga" not in answer.text.lower()


async def test_new_api_cve_2026_25591_a_search_knows_no_wildcards_and_is_bounded(hub_on_both: RunningHub) -> None:
    owner = hub_on_both.bearer(hub_on_both.owner_key)
    for wild in ("%", "_", "%%%%%%%%%%", "O%a", "\\%", "%' OR '1'='1"):
        answer = await hub_on_both.http.get("/api/users", params={"q": wild}, headers=owner)
        assert (answer.status_code, answer.json()["list"]) == (200, []), wild
    assert (await hub_on_both.http.get("/api/users", params={"q": "%" * 1000}, headers=owner)).status_code == 400
    for wild in ("%", "key%", "key_create"):
        answer = await hub_on_both.http.get("/api/audit", params={"action": wild}, headers=owner)
        assert (answer.status_code, answer.json()["list"]) == (200, []), wild


async def test_litellm_ghsa_xqmj_j6mv_4862_what_people_write_is_no_template(hub: RunningHub) -> None:
    owner = hub.bearer(hub.owner_key)
    for name in ("{{7*7}}", "${7*7}", "{0.__class__}", "%(name)s", "<%= 7*7 %>"):
        made = await hub.http.post("/api/access-keys", json={"name": name}, headers=owner)
        assert made.json()["name"] == name
        invited = {"email": f"i{abs(hash(name))}@example.com", "name": name, "role": "member"}
        invitation = await hub.http.post("/api/invitations", json=invited, headers=owner)
        assert invitation.status_code == 201 and name in invitation.text


async def test_litellm_cve_2026_42271_and_30623_no_body_names_a_command(hub: RunningHub) -> None:
    document = (await hub.http.get("/api/openapi.json", headers=hub.bearer(hub.owner_key))).json()
    fields = {name for shape in document["components"]["schemas"].values() for name in shape.get("properties", {})}
    assert {"name", "role", "scopes"} <= fields
    assert fields & {"command", "cmd", "args", "argv", "env", "stdio", "exec", "script", "shell"} == set()


async def test_litellm_cve_2026_12796_no_session_outlives_its_sign_out_nor_its_user(hub: RunningHub) -> None:
    left, thrown_out = await hub.signed_in(hub.member), await hub.signed_in(hub.member)
    assert (await hub.http.post("/api/auth/sign-out", headers=left)).status_code < 300
    assert (await hub.http.get("/api/auth/session", headers=left)).status_code == 401
    assert (await hub.http.get("/api/auth/session", headers=thrown_out)).status_code == 200
    path, owner = f"/api/users/{hub.member.id}", hub.bearer(hub.owner_key)
    for is_disabled in (True, False):
        assert (await hub.http.patch(path, json={"isDisabled": is_disabled}, headers=owner)).status_code == 200
        assert (await hub.http.get("/api/auth/session", headers=thrown_out)).status_code == 401


async def test_portkey_public_logs_nobody_unknown_sees_a_call(hub: RunningHub, upstream: Upstream) -> None:
    asked = await hub.ask({"model": "up/m", "messages": [{"role": "user", "content": "a prompt to be seen"}]})
    assert asked.status_code == 200
    for path in ("/api/user/model-calls", "/api/audit", "/api/v2/usage"):
        assert (await hub.http.get(path)).status_code == 401, path
    for path in ("/public/logs", "/public/", "/logs", "/log/stream", "/debug"):  # the console's page, or nothing
        shown = (await hub.http.get(path)).text
        assert "a prompt to be seen" not in shown and asked.headers["x-request-id"] not in shown, path
