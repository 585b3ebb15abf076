"""House rule: errors are caught narrowly, where something can be decided; each exception to it has a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.sources import Source, hub_sources, report

BROAD = {"Exception", "BaseException"}

ALLOWED = {
    "src/aigne_hub/app.py": "a failed start must be told to the server, or it waits for ever",
    "src/aigne_hub/cli/providers.py": "undoes what was just added and raises again",
    "src/aigne_hub/db/engine.py": "tells outages from mistakes and raises again; a cancelled commit is cleaned up",
    "src/aigne_hub/db/migrate.py": "tells outages from mistakes and raises again",
    "src/aigne_hub/db/writer.py": "a batch that fails must not end the writer, and whoever waits is told",
    "src/aigne_hub/edge/files.py": "a fault of ours is an error object for the caller and a trace in the log",
    "src/aigne_hub/edge/inference.py": "a fault of ours is an error object for the caller and a trace in the log",
    "src/aigne_hub/edge/listings.py": "a fault of ours is an error object for the caller and a trace in the log",
    "src/aigne_hub/edge/models.py": "a fault of ours is an error object for the caller and a trace in the log",
    "src/aigne_hub/edge/videos.py": "a fault of ours is an error object for the caller and a trace in the log",
    "src/aigne_hub/jobs/ticks.py": "a tick that fails must not end the other ticks",
    "src/aigne_hub/outbound/dial.py": "closes the half-made connection and raises again",
    "src/aigne_hub/outbound/exchange.py": "closes the connection of a broken exchange and raises again",
    "src/aigne_hub/outbound/pool.py": "gives the place in the pool back and raises again",
    "src/aigne_hub/relay/probing.py": "a probe that fails must not end the others, nor the calls beside them",
}


def broad_catches(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if (isinstance(node, ast.ExceptHandler) and (node.type is None or _is_broad(node.type))) or (
            isinstance(node, ast.Call) and _is_suppress(node) and any(_is_broad(one) for one in node.args)
        ):
            yield f"{source.path}:{node.lineno} catches everything; catch what you can decide about"


def _is_broad(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id in BROAD for one in ast.walk(node))


def _is_suppress(node: ast.Call) -> bool:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name == "suppress"


def test_errors_are_caught_narrowly() -> None:
    report([line for source in hub_sources() if source.path not in ALLOWED for line in broad_catches(source)])


def test_no_permission_outlives_its_need() -> None:
    needing = {source.path for source in hub_sources() if any(broad_catches(source))}
    report([f"{path} catches nothing broadly any more: take it off the list" for path in ALLOWED.keys() - needing])


def test_every_broad_catch_is_found() -> None:
    for bad in (
        "try: f()\nexcept: pass",
        "try: f()\nexcept Exception as error: pass",
        "try: f()\nexcept (ValueError, BaseException): pass",
        "from contextlib import suppress\nwith suppress(Exception): f()",
        "import contextlib\nwith contextlib.suppress(KeyError, Exception): f()",
    ):
        assert len(list(broad_catches(Source("a.py", bad)))) == 1, bad
    good = "try: f()\nexcept (ValueError, KeyError): pass\nraise Exception\nwith suppress(OSError): f()"
    assert not list(broad_catches(Source("a.py", good)))
