"""What is known of a model that is not available lives here, in the reference's words (contract 5.5)."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import ProviderId
from aigne_hub.dialects.call import Kind

INVALID_KEY = "Invalid API Key"
EXPIRED = "Expired Credential"
OF_A_CREDENTIAL = frozenset({INVALID_KEY, EXPIRED})

ModelKey = tuple[ProviderId, str]


class Fault(Struct, frozen=True):
    """Why a model is not available. Everybody may read it: it has no word of a provider or of a caller."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model that is not available since `changed_ms`, and was found so at `seen_ms` again."""

    provider_id: ProviderId
    model: str
    kind: Kind
    fault: Fault
    changed_ms: int
    seen_ms: int

    @property
    def key(self) -> ModelKey:
        return (self.provider_id, self.model)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A model became available, or is not any more: `fault` says why."""

    provider_id: ProviderId
    model: str
    kind: Kind
    fault: Fault | None

    @property
    def key(self) -> ModelKey:
        return (self.provider_id, self.model)


def fault_of(error: UpstreamFailed) -> Fault | None:
    """What a failure says of its model; None when it says nothing, as a 400 or a 429."""
    status = error.upstream_status
    if error.kind in (Failure.refused, Failure.broken, Failure.forbidden_address):
        return Fault("Connection Error", "no connection to the provider, or it broke")
    if error.kind is Failure.timeout:
        return Fault("Network Timeout", "the provider did not answer in time")
    if error.kind is Failure.credential:
        code = {401: INVALID_KEY, 403: EXPIRED}.get(status or 0)
        return None if code is None else Fault(code, f"the provider refused the hub's credential (status {status})")
    if error.kind is Failure.rejected and status == 404:
        return Fault("Model Not Found", "the provider does not know the model (status 404)")
    if error.kind is Failure.overloaded and status == 403:
        return Fault("Region Restriction", "the provider does not serve the hub's place, or not now (status 403)")
    if error.kind is Failure.overloaded:
        told = "an error within its answer" if status is None else f"status {status}"
        return Fault("Model Unavailable", f"the provider failed ({told})")
    return None
