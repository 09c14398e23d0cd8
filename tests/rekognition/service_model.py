"""Is an answer valid by botocore's own service model? Types, enums, ranges, patterns, no unknown members."""
# ruff: noqa: ANN401 - botocore's shapes have no types

import re
from collections.abc import Iterator
from typing import Any

import botocore.session

_METADATA = "ResponseMetadata"
_TYPES: dict[str, Any] = {"string": str, "boolean": bool, "integer": int, "long": int, "float": (int, float)}
_RATIO = {"Left", "Top", "Width", "Height", "X", "Y"}


def complaints(operation: str, answer: dict[str, Any]) -> list[str]:
    """Everything that the model does not allow in this answer."""
    model = botocore.session.get_session().get_service_model("rekognition").operation_model(operation)
    told = {name: value for name, value in answer.items() if name != _METADATA}
    return list(_check(model.output_shape, told, operation))


def _check(shape: Any, value: Any, path: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            for name in value.keys() - shape.members.keys():
                yield f"{path}.{name}: unknown"
            for name, member in shape.members.items():
                if name in value:
                    yield from _check(member, value[name], f"{path}.{name}")
        case "list":
            for at, item in enumerate(value):
                yield from _check(shape.member, item, f"{path}[{at}]")
        case "timestamp":
            pass
        case _:
            yield from _check_scalar(shape, value, path)


def _check_scalar(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = _TYPES[shape.type_name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{path}: {value!r} is no {shape.type_name}"
        return
    limits = shape.metadata
    measure = len(value) if isinstance(value, str) else value
    if "min" in limits and measure < limits["min"]:
        yield f"{path}: {value!r} below {limits['min']}"
    if "max" in limits and measure > limits["max"]:
        yield f"{path}: {value!r} above {limits['max']}"
    if limits.get("enum") and value not in limits["enum"]:
        yield f"{path}: {value!r} not in the enum"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        yield f"{path}: {value!r} does not match {limits['pattern']}"
    # A face may reach beyond the picture, but not lie somewhere else.
    if path.rsplit(".", 1)[-1] in _RATIO and not -1 <= value <= 2:
        yield f"{path}: {value!r} is no ratio of a picture"
