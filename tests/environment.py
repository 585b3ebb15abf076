"""The environment of processes that tests start: that of the tests, without what the hub reads of it."""

from __future__ import annotations

import os


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without HUB_ variables and keys, with `variables` added as HUB_<NAME>."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith(("HUB_", "BLOCKLET_", "AWS_")) or name.endswith(("_API_KEY", "_BASE_URL")))
    }
    return {**kept, **{f"HUB_{name.upper()}": value for name, value in variables.items()}}
