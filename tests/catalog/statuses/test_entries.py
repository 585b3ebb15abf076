"""What a failed call says of its model, in the reference's words."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.statuses.entries import fault_of
from aigne_hub.dialects.openai_errors import error_of_answer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "Invalid API Key"),
        (403, "Expired Credential"),
        (404, "Model Not Found"),
        (500, "Model Unavailable"),
        (501, "Model Unavailable"),
        (502, "Model Unavailable"),
        (503, "Model Unavailable"),
        (400, None),
        (402, None),
        (413, None),
        (422, None),
        (429, None),
    ],
)
def test_a_status_has_the_references_word_and_nothing_that_the_provider_said(status: int, code: str | None) -> None:
    fault = fault_of(error_of_answer(status, b'{"error": {"message": "of my account"}}', None))
    assert (None if fault is None else fault.code) == code
    assert fault is None or (str(status) in fault.message and "account" not in fault.message)


def test_a_403_is_not_always_of_the_credential() -> None:
    region = fault_of(error_of_answer(403, b'{"error": {"message": "not available in your region"}}', None))
    assert region is not None
    assert region.code == "Region Restriction"
    assert fault_of(error_of_answer(403, b'{"error": {"message": "content violates our rules"}}', None)) is None


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Failure.refused, "Connection Error"),
        (Failure.broken, "Connection Error"),
        (Failure.timeout, "Network Timeout"),
        (Failure.oversized, None),
        (Failure.malformed, None),
    ],
)
def test_what_has_no_status_is_told_by_what_happened(kind: Failure, code: str | None) -> None:
    fault = fault_of(UpstreamFailed(kind, "it failed"))
    assert (None if fault is None else fault.code) == code
