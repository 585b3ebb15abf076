"""The command line as an operator runs it: a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.environment import environment


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs `aigne-hub` on one data directory."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        self._environment = environment(**variables)

    def run(self, *words: str, stdin: str = "") -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "aigne_hub.cli.main", *words, "--data-dir", str(self.data_dir)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=self._environment,
        )
        return Said(done.returncode, done.stdout, done.stderr)
