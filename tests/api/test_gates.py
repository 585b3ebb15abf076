"""Deny by default: every route says who may use it, or the hub does not start."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from aigne_hub.access.identity import Role
from aigne_hub.api.callers import Admin, Anyone, Gate, Person
from aigne_hub.api.gates import gated_routes, refuse_ungated


def test_a_route_without_a_gate_keeps_the_hub_from_starting() -> None:
    router = APIRouter()

    @router.get("/open")
    async def nobody_asked() -> None: ...

    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(router)
    with pytest.raises(RuntimeError, match="/open"):
        refuse_ungated(app)


def test_a_route_with_two_gates_is_unclear_and_refused() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/both")
    async def both(_by: Admin, _other: Person) -> None: ...

    with pytest.raises(RuntimeError, match="/both"):
        refuse_ungated(app)


def test_a_route_with_one_gate_is_taken() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/public")
    async def public(_by: Anyone) -> None: ...

    refuse_ungated(app)


def test_a_route_that_is_not_ours_is_refused() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.routes.append(Route("/raw", PlainTextResponse("hello")))
    with pytest.raises(RuntimeError, match="/raw"):
        refuse_ungated(app)


def test_the_gate_of_an_included_route_is_found() -> None:
    router, inner = APIRouter(), APIRouter()

    @inner.post("/things")
    async def things(_by: Admin) -> None: ...

    router.include_router(inner, prefix="/inner")
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(router, prefix="/api")
    (route,) = gated_routes(app)
    assert (route.method, route.path) == ("POST", "/api/inner/things")
    assert isinstance(route.gate, Gate) and route.gate.least is Role.admin
