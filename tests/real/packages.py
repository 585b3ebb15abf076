"""Published npm packages for tests: installed as their lock says, run by the environment's own Node."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

from tests.environment import environment

_INSTALL_NODE = "run `make setup`, or install Node.js 18 or newer with npm"


def tools_path() -> str:
    """PATH with the environment's own tools first."""
    return f"{Path(sys.executable).parent}:{environment().get('PATH', '')}"


def tool(name: str) -> str:
    found = shutil.which(name, path=tools_path())
    assert found is not None, f"{name} is missing: {_INSTALL_NODE}"
    return found


def run(words: list[str], *, folder: Path, timeout_s: float, **variables: str) -> subprocess.CompletedProcess[str]:
    # npm reaches its registry by the machine's own certificates, also where Node brings others.
    where = {**environment(), "PATH": tools_path(), "NODE_USE_SYSTEM_CA": "1", **variables}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=timeout_s, env=where)


def installed(folder: Path) -> Path:
    """A folder whose npm packages are installed as its lock says."""
    version = run([tool("node"), "--version"], folder=folder, timeout_s=10).stdout.strip()
    assert int(version.lstrip("v").partition(".")[0]) >= 18, f"Node.js {version} is too old: {_INSTALL_NODE}"
    lock, mark = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    with lock.open() as one_at_a_time:  # tests run in several processes
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
            words = [tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = run(words, folder=folder, timeout_s=600)
            assert done.returncode == 0, done.stderr[-2000:]
            mark.touch()
    return folder
