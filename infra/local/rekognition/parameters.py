"""Requests, checked against the service model that botocore ships.

The types, required members, ranges, enums and patterns all come from the model: nothing about a single
operation is written here. What breaks JSON or a type is a SerializationException, what breaks a constraint
an InvalidParameterException ("Input parameter violated a constraint").
"""

import base64
import binascii
import json
import math
import re
from functools import cache
from typing import NoReturn, TypeVar

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from infra.local.rekognition.errors import Code, Refused

T = TypeVar("T")

SERVICE = "rekognition"
TARGET_PREFIX = "RekognitionService."


@cache
def service_model() -> ServiceModel:
    """Load the Rekognition model of the installed botocore."""
    return botocore.session.get_session().get_service_model(SERVICE)


def read_parameters(operation: str, body: bytes) -> dict[str, object]:
    """Read a request's body; blobs come back as bytes. Raises `Refused`."""
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None  # every operation of this service has parameters
    return _structure(shape, _json(body), "")


def _json(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        raise Refused(Code.SERIALIZATION, "The request body is not JSON.") from exc


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _value(shape: Shape, given: object, path: str) -> object:
    match shape:
        case StructureShape():
            return _structure(shape, given, path)
        case ListShape():
            items = _typed(given, list, path)
            _within(shape, len(items), items, path)
            return [_value(shape.member, item, f"{path}.{i + 1}.member") for i, item in enumerate(items)]
        case MapShape():
            return _typed(given, dict, path)
        case _:
            return _scalar(shape, given, path)


def _structure(shape: StructureShape, given: object, path: str) -> dict[str, object]:
    members = _typed(given, dict, path or "the request")
    if missing := [name for name in shape.required_members if members.get(name) is None]:
        _violated("null", _under(path, missing[0]), "must not be null")
    # Members that the model does not know are ignored, as AWS does.
    return {
        name: _value(member, members[name], _under(path, name))
        for name, member in shape.members.items()
        if members.get(name) is not None
    }


def _scalar(shape: Shape, given: object, path: str) -> object:
    match shape.type_name:
        case "string":
            return _string(shape, given, path)
        case "blob":
            return _blob(given, path)
        case "boolean":
            return _typed(given, bool, path)
        case "integer" | "long":
            number = _typed(given, int, path)
            _within(shape, number, number, path)
            return number
        case _:
            return _float(shape, given, path)


def _string(shape: Shape, given: object, path: str) -> str:
    text = _typed(given, str, path)
    _within(shape, len(text), text, path)
    allowed = shape.metadata.get("enum")
    if allowed and text not in allowed:
        _violated(text, path, f"must satisfy enum value set: {allowed}")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, text):
        _violated(text, path, f"must satisfy regular expression pattern: {pattern}")
    return text


def _blob(given: object, path: str) -> bytes:
    try:
        # Neither newlines nor other characters outside the alphabet: a decoder that skips them hides damage.
        return base64.b64decode(_typed(given, str, path), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refused(Code.SERIALIZATION, f"{path} is not base64.") from exc


def _float(shape: Shape, given: object, path: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise Refused(Code.SERIALIZATION, f"{path} must be a number.")
    _within(shape, given, given, path)
    return float(given)


def _typed(given: object, kind: type[T], path: str) -> T:
    if not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool):
        raise Refused(Code.SERIALIZATION, f"{path} has the wrong type.")
    return given


def _within(shape: Shape, measure: float, given: object, path: str) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and measure < low:
        _violated(given, path, f"must have a value or length of {low} or more")
    if high is not None and measure > high:
        _violated(given, path, f"must have a value or length of {high} or less")


def _violated(given: object, path: str, constraint: str) -> NoReturn:
    raise Refused(
        Code.INVALID_PARAMETER,
        f"1 validation error detected: Value '{str(given)[:80]}' at '{path}' failed to satisfy constraint: "
        f"Member {constraint}",
    )


def _under(path: str, name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered
