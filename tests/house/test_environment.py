"""House rule: only settings.py reads the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.sources import Source, hub_sources, names_of_module, report

READER = "src/aigne_hub/settings.py"
WORDS = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def environment_uses(source: Source) -> Iterator[str]:
    names = names_of_module(source.tree, "os")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found = WORDS & {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            found = WORDS & {node.attr}
        else:
            continue
        if found:
            yield f"{source.path}:{node.lineno} uses os.{min(found)}; settings.py is the only reader of the environment"


def test_only_settings_reads_the_environment() -> None:
    report([line for source in hub_sources() if source.path != READER for line in environment_uses(source)])


def test_every_way_to_the_environment_is_found() -> None:
    for bad in (
        "import os\nx = os.environ['A']",
        "import os\ndef f():\n    return os.getenv('A')",
        "import os as system\nsystem.environ.get('A')",
        "from os import environ",
        "def f():\n    from os import getenv as g",
    ):
        assert len(list(environment_uses(Source("a.py", bad)))) == 1, bad
    assert not list(environment_uses(Source("a.py", "import os\nscope.environ\nos.getpid()")))
