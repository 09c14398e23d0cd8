"""Domain values as compressed bytes and back.

Pydantic knows the dataclasses' types already, for the API; a codec of our own would say them again
(docs/decisions/0002-pydantic-stores-dataclasses.md). Their names repeat in every value, so zlib knows them
beforehand.
"""

import zlib
from typing import Any, TypeVar

from pydantic import TypeAdapter

from chalicelib.aws.usual import USUAL

Value = TypeVar("Value")

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def pack(value: object) -> bytes:
    """The value as compressed JSON."""
    deflate = zlib.compressobj(level=6, zdict=USUAL)
    return deflate.compress(_adapter(type(value)).dump_json(value)) + deflate.flush()


def unpack(kind: type[Value], packed: bytes) -> Value:
    """The value that was packed."""
    value: Value = _adapter(kind).validate_json(zlib.decompressobj(zdict=USUAL).decompress(packed))
    return value


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
