"""A certified OpenID provider (the npm package oidc-provider) in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.environment import environment
from tests.real.packages import installed, tool, tools_path

_FOLDER = Path(__file__).parent / "oidc"


@contextmanager
def serving_provider() -> Iterator[str]:
    """Its address, which is its issuer. `PUT /test/accounts/<login>` there sets what it says of somebody."""
    installed(_FOLDER)
    process = subprocess.Popen(
        [tool("node"), "provider.mjs"],
        cwd=_FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**environment(), "PATH": tools_path()},
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
