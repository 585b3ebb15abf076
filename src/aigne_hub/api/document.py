"""The document of the API is printed here: `python -m aigne_hub.api.document`, for tools and the console's build."""

from __future__ import annotations

import json
import sys
from typing import Any

from aigne_hub.api.app import routes
from aigne_hub.api.openapi import completed


def document() -> dict[str, Any]:
    """The control plane as OpenAPI 3.1."""
    return completed(routes())


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
