"""Domain values as compressed bytes and back.

Pydantic knows the dataclasses' types already, for the API; a codec of our own would say them again
(docs/decisions/0002-pydantic-stores-dataclasses.md).
"""

import zlib
from typing import Any, TypeVar

from pydantic import TypeAdapter

Value = TypeVar("Value")

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def pack(value: object) -> bytes:
    """The value as compressed JSON."""
    return zlib.compress(_adapter(type(value)).dump_json(value), level=6)


def unpack(kind: type[Value], packed: bytes) -> Value:
    """The value that was packed."""
    value: Value = _adapter(kind).validate_json(zlib.decompress(packed))
    return value


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
