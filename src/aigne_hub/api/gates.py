"""Deny by default lives here: what gate each route has, and the refusal to start with one that has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from aigne_hub.api.callers import Gate, OpenGate


@dataclass(frozen=True, slots=True)
class GatedRoute:
    method: str
    path: str
    gate: Gate | OpenGate


def gated_routes(app: FastAPI) -> Iterator[GatedRoute]:
    """Every route of the control plane with its gate.

    Raises RuntimeError for a route whose signature names no gate, or more than one. The document of the API
    itself is the only thing served without.
    """
    for route in iter_route_contexts(app.routes):
        if route.path == app.openapi_url:
            continue
        gates = _gates(route)
        if len(gates) != 1:
            raise RuntimeError(f"{route.path} must name one of the gates of api/callers.py, and names {len(gates)}")
        for method in sorted(route.methods or ()):
            yield GatedRoute(method, str(route.path), gates[0])


def refuse_ungated(app: FastAPI) -> None:
    """Raises RuntimeError unless every route names its gate."""
    for _ in gated_routes(app):
        pass


def _gates(route: RouteContext) -> list[Gate | OpenGate]:
    if not isinstance(route.original_route, APIRoute):
        return []
    waiting: list[Dependant] = list(route.dependant.dependencies)
    found: list[Gate | OpenGate] = []
    while waiting:
        one = waiting.pop()
        if isinstance(one.call, Gate | OpenGate):
            found.append(one.call)
        waiting += one.dependencies
    return found
