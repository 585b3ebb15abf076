"""Targets are made here: what a provider's row and a credential's value come to, ready to send but for the model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from aigne_hub.catalog.entries import CredentialId, Provider, Target
from aigne_hub.catalog.limits import TargetLimits, resolved
from aigne_hub.outbound import Origin
from aigne_hub.providers.google_account import VERTEX, ServiceAccount, vertex_path
from aigne_hub.providers.known import credential_headers, dialects_of, keying_of, quirks_of
from aigne_hub.providers.sigv4 import signer_of
from aigne_hub.settings import ProviderKeys

_IDS_OF_A_PROVIDER = 1000  # more than it can have keys in the environment


def target_of(
    provider: Provider,
    credential_id: CredentialId,
    value: Mapping[str, str],
    account: ServiceAccount | None,
    token: Callable[[], Awaitable[str]] | None,
    *,
    changed_ms: int,
    limits: TargetLimits | None,
) -> Target:
    origin, base_path = Origin.parse(provider.base_url)
    dialects = provider.dialects or dialects_of(provider.name)
    signer = signer_of(value, provider.region, origin.host)
    shown = credential_headers(keying_of(provider.name, dialects), value.get("api_key", ""))
    headers = (
        *(shown if signer is None and account is None else ()),
        (b"content-type", b"application/json"),
        (b"accept", b"*/*"),
        (b"user-agent", b"aigne-hub"),
    )
    if provider.name == VERTEX:
        base_path = vertex_path(base_path, provider.region, account)
    base, quirks = base_path.encode("ascii"), quirks_of(provider.name)
    return Target(
        provider,
        credential_id,
        "",
        origin,
        base,
        headers,
        dialects,
        quirks,
        signer,
        token,
        credential_ms=changed_ms,
        limits=limits,
    )


def of_model(target: Target, model: str) -> Target:
    """A target of one model, with what counts for that; made once for each name."""
    with_credential = None if target.limits is None else target.limits.with_credential
    return replace(target, model=model, limits=resolved(target.provider.limits, model, with_credential))


def environment_targets(provider: Provider, keys: Iterable[ProviderKeys]) -> list[Target]:
    """What leads to a provider by the environment's keys, in their order.

    Their ids are below 0, where no row has its own, and stay the same as long as the environment does.
    """
    made = []
    for number, one in enumerate(keys):
        if one.name == provider.name:
            for place, value in enumerate(one.values):
                id_ = CredentialId(-(number * _IDS_OF_A_PROVIDER + place + 1))
                limits = resolved(provider.limits, "", None)
                made.append(target_of(provider, id_, value, None, None, changed_ms=0, limits=limits))
    return made
