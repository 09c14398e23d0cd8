"""Chalice's command line, in a process of its own."""

import os
import sys


def command(*arguments: str) -> list[str]:
    """What to run: by this interpreter, wherever its scripts are."""
    return [sys.executable, "-c", "from chalice.cli import main; raise SystemExit(main())", *arguments]


def environment() -> dict[str, str]:
    """Ours, without what would let it import another project, or leave __pycache__ to be packed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}
