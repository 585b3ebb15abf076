"""The document of the API: printed for tools, and true about refusals."""

from __future__ import annotations

import json
import subprocess
import sys

from aigne_hub.api.document import document


def test_it_is_printed_as_json() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "aigne_hub.api.document"], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(said.stdout) == document()


def test_every_operation_tells_its_errors_and_no_status_that_never_comes() -> None:
    operations = [one for methods in document()["paths"].values() for one in methods.values()]
    assert len(operations) > 20
    for operation in operations:
        assert {"400", "429", "503"} <= set(operation["responses"]), operation["operationId"]
        assert "422" not in operation["responses"], operation["operationId"]


def test_what_needs_a_caller_says_how_one_is_known() -> None:
    paths = document()["paths"]
    assert paths["/api/access-keys"]["get"]["security"] == [{"key": []}, {"session": []}]
    assert "security" not in paths["/api/ai-providers/health"]["get"]
