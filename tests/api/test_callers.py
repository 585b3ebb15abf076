"""Who may use a route: every route says so, or it is on the short list of open ones."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from aigne_hub.api import calls, providers
from aigne_hub.api.callers import known_caller, managing_caller
from aigne_hub.api.credentials import credential_routes

OPEN = {"/health"}


def needs(route: APIRoute) -> set[object]:
    return {dependency.call for dependency in route.dependant.dependencies}


@pytest.mark.parametrize(
    "route",
    [
        r
        for r in (*providers.router.routes, *credential_routes().routes, *calls.router.routes)
        if isinstance(r, APIRoute)
    ],
    ids=lambda route: f"{sorted(route.methods)} {route.path}",
)
def test_every_route_names_the_caller_it_needs(route: APIRoute) -> None:
    if route.path in OPEN:
        return
    assert needs(route) & {known_caller, managing_caller}


def test_every_change_needs_a_manager() -> None:
    for route in (*providers.router.routes, *credential_routes().routes):
        if isinstance(route, APIRoute) and set(route.methods or ()) - {"GET"}:
            assert managing_caller in needs(route)
