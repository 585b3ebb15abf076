"""The whole control plane under generated requests, as every role: no 500, no status the document does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from aigne_hub.api.document import document
from tests.cli.shell import Shell
from tests.serving_process import serving_hub

OPERATIONS = [(method, path) for path, methods in document()["paths"].items() for method in methods]
ROLES = ("nobody", "guest", "member", "admin", "owner")


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A hub, and a key of every role."""
    data_dir = tmp_path_factory.mktemp("fuzz") / "data"
    shell = Shell(data_dir)
    keys = {}
    for role in ROLES[1:]:
        user = shell.run("user", "add", "--name", role, "--role", role, "--json").json
        words = ("--name", role, "--role", role, "--user", user["id"], "--json")
        keys[role] = shell.run("key", "create", *words).json["key"]
    with serving_hub(data_dir) as hub:
        yield hub.url, keys


@pytest.fixture(scope="module")
def schema(fuzzed: tuple[str, dict[str, str]]) -> Any:
    return schemathesis.openapi.from_url(f"{fuzzed[0]}/api/openapi.json")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_breaks_and_no_answer_is_a_surprise(
    method: str, path: str, schema: Any, fuzzed: tuple[str, dict[str, str]]
) -> None:
    url, keys = fuzzed

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=schema[path][method].as_strategy())
    def ask(case: Any) -> None:
        for role in ROLES:
            headers = {"authorization": f"Bearer {keys[role]}"} if role in keys else {}
            response = case.call(base_url=url, headers=headers)
            case.validate_response(response, checks=[not_a_server_error, status_code_conformance])

    ask()
