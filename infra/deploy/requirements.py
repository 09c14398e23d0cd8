"""Pinned requirements, as they are written and as wheels record them."""

import re
from pathlib import Path

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*])?==(?P<version>[^\s;#]+)", re.MULTILINE)
_RECORDED = re.compile(r"(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info")


def pins(requirements: Path) -> dict[str, str]:
    """Versions by normal name: {"pydantic-core": "2.50.4"}."""
    return {normal(pin["name"]): pin["version"] for pin in _PIN.finditer(requirements.read_text())}


def recorded(folder: str) -> tuple[str, str] | None:
    """Name and version of the distribution that a `.dist-info` folder belongs to."""
    found = _RECORDED.fullmatch(folder)
    return (normal(found["name"]), found["version"]) if found else None


def normal(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
