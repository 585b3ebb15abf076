"""House rules on imports and tasks that import-linter cannot say: which files may use what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

from tests.house.sources import Source, hub_sources, imported_modules, names_of_module, report

# Module -> the files that may import it, by pattern below src/aigne_hub.
HOMES: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("*/store.py", "db/*"),
    "alembic": ("db/*",),
    "sqlite3": ("db/*",),
    "aiosqlite": ("db/*",),
    "asyncpg": ("db/*",),
    "httptools": ("outbound/*", "edge/*"),
    "ssl": ("outbound/*",),
    "smtplib": ("outbound/mail.py",),
    "argon2": ("access/signin/passwords.py",),
    "webauthn": ("access/signin/passkeys/*",),
    "authlib": ("flows/openid.py", "flows/sign_in_sso.py", "access/oauth/*", "access/trust/*"),
    "joserfc": ("flows/openid.py", "access/oauth/*", "access/trust/*"),
    "fastapi": ("api/*",),
    "pydantic": ("api/*",),
    "starlette": ("api/*",),
    "uvicorn": ("serving.py", "edge/protocol.py", "edge/sending.py", "edge/socket_protocol.py"),
    "click": ("cli/*",),
    "jsonschema_rs": ("dialects/structured.py",),
    "xllamacpp": ("local/server.py",),
    "splintr": ("tokenizer/child.py",),
}

# A task without a group is nobody's; each of these is awaited or cancelled by the one who made it.
LONE_TASKS = {
    "src/aigne_hub/db/engine.py": "a shielded close, awaited in place",
    "src/aigne_hub/db/writer.py": "the loop that commits, awaited by close",
    "src/aigne_hub/edge/wire.py": "the watch for a hang-up, cancelled with its exchange",
    "src/aigne_hub/flows/freshness.py": "one look shared by many callers, held by its owner",
}


def strays(source: Source) -> Iterator[str]:
    inner = source.path.removeprefix("src/aigne_hub/")
    for line, module in imported_modules(source.tree):
        homes = HOMES.get(module.partition(".")[0])
        if homes and not any(fnmatch(inner, home) for home in homes):
            yield f"{source.path}:{line} imports {module}, which belongs to {' and '.join(homes)}"


def lone_tasks(source: Source) -> Iterator[str]:
    names = names_of_module(source.tree, "asyncio")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, verb = ast.unparse(node.func.value), node.func.attr
            if verb == "ensure_future" or (verb == "create_task" and (owner in names or "loop" in owner)):
                yield f"{source.path}:{node.lineno} starts a task that no task group owns"
        elif isinstance(node, ast.ImportFrom) and node.module == "asyncio":
            yield from (
                f"{source.path}:{node.lineno} imports {alias.name} by itself; task groups start tasks"
                for alias in node.names
                if alias.name in ("create_task", "ensure_future")
            )


def test_each_library_is_used_only_where_it_belongs() -> None:
    report([line for source in hub_sources() for line in strays(source)])


def test_each_task_has_an_owner() -> None:
    report([line for source in hub_sources() if source.path not in LONE_TASKS for line in lone_tasks(source)])


def test_no_permission_outlives_its_need() -> None:
    needing = {source.path for source in hub_sources() if any(lone_tasks(source))}
    report([f"{path} starts no lone task any more: take it off the list" for path in LONE_TASKS.keys() - needing])


def test_a_stray_import_is_found() -> None:
    def found(path: str, text: str) -> int:
        return len(list(strays(Source(f"src/aigne_hub/{path}", text))))

    assert found("relay/answer.py", "from sqlalchemy.ext.asyncio import AsyncConnection") == 1
    assert found("access/keys.py", "def f():\n    import sqlalchemy as sa") == 1
    assert found("edge/app.py", "import fastapi.routing") == 1
    assert found("access/store.py", "import sqlalchemy") == 0
    assert found("db/engine.py", "import sqlalchemy, asyncpg") == 0


def test_a_lone_task_is_found() -> None:
    for bad in (
        "import asyncio\nasyncio.create_task(f())",
        "import asyncio as a\na.ensure_future(f())",
        "import asyncio\nasyncio.get_running_loop().create_task(f())",
        "self._loop.create_task(f())",
        "from asyncio import create_task",
    ):
        assert len(list(lone_tasks(Source("a.py", bad)))) == 1, bad
    assert not list(lone_tasks(Source("a.py", "group.create_task(f())")))
