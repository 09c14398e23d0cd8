"""Faults on demand: a provider that throttles, fails, dawdles, hangs, talks nonsense or hangs up.

A fault strikes the next n matching calls, or each matching call with some probability. Several can be set at
once: slowness adds to whatever else strikes, of all the others the first one set that strikes wins.
"""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("throttle", "error", "slow", "hang", "garbage", "drop")
FORMS = ("not_json", "wrong_shape", "huge_numbers", "nan", "empty")
GARBAGE: Mapping[str, bytes] = {
    "not_json": b"<html><body>upstream connect error</body></html>",
    "wrong_shape": b'{"FaceDetails": {"0": "face"}, "Labels": 7, "TextDetections": "none"}',
    "huge_numbers": (
        b'{"FaceDetails": [{"BoundingBox": {"Left": 1e308, "Top": -1e308, "Width": 1e999, "Height": 0}, '
        b'"Confidence": 1e12, "Pose": {"Yaw": 1e300, "Pitch": -1e300, "Roll": 9e99}}], '
        b'"Labels": [{"Name": "Mobile Phone", "Confidence": 1e40}], "TextDetections": []}'
    ),
    "nan": (
        b'{"FaceDetails": [{"BoundingBox": {"Left": NaN, "Top": NaN, "Width": NaN, "Height": NaN}, '
        b'"Confidence": NaN, "Pose": {"Yaw": NaN, "Pitch": NaN, "Roll": NaN}}], '
        b'"Labels": [{"Name": "Mobile Phone", "Confidence": NaN}], "TextDetections": []}'
    ),
    "empty": b"",
}
_DELAYS_S = {"slow": 1.0, "hang": 60.0}


@dataclass
class Fault:
    """One thing that goes wrong, and how often it still will."""

    kind: str
    operations: tuple[str, ...] | None = None
    rate: float = 1.0
    left: int | None = None
    delay_s: float = 0.0
    form: str | None = None
    seed: int | None = None
    struck: int = 0
    _chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - a test's dice

    def strikes(self, operation: str) -> bool:
        """Decide whether it strikes this call, and remember that it did."""
        if self.operations is not None and operation not in self.operations:
            return False
        if self.left == 0 or self._chance.random() >= self.rate:
            return False
        self.left = None if self.left is None else self.left - 1
        self.struck += 1
        return True

    def described(self) -> dict[str, object]:
        """Show it as it was set, with what it has done so far."""
        shown = {"kind": self.kind, "operations": self.operations, "rate": self.rate, "next": self.left}
        return {**shown, "delay_s": self.delay_s, "form": self.form, "seed": self.seed, "struck": self.struck}


@dataclass(frozen=True, slots=True)
class Strike:
    """What goes wrong with one call: a delay, and perhaps something worse."""

    delay_s: float = 0.0
    kind: str | None = None
    garbage: bytes = b""


class Faults:
    """The faults that are set, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: list[Fault] = []
        self._garbled = 0

    def add(self, wanted: object) -> dict[str, object]:
        """Set a fault. Raises ValueError that says what it should look like."""
        fault = _read(wanted)
        with self._lock:
            self._set.append(fault)
            return fault.described()

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._set.clear()

    def listed(self) -> list[dict[str, object]]:
        """Show the faults in the order they were set, spent ones included."""
        with self._lock:
            return [fault.described() for fault in self._set]

    def strike(self, operation: str) -> Strike:
        """Decide what goes wrong with this call."""
        delay_s = 0.0
        with self._lock:
            for fault in self._set:
                if not fault.strikes(operation):
                    continue
                delay_s += fault.delay_s
                if fault.kind != "slow":
                    return Strike(delay_s, fault.kind, self._garbage(fault))
        return Strike(delay_s, "slow" if delay_s else None)

    def _garbage(self, fault: Fault) -> bytes:
        if fault.kind != "garbage":
            return b""
        form = fault.form or FORMS[self._garbled % len(FORMS)]
        self._garbled += 1
        return GARBAGE[form]


def _read(wanted: object) -> Fault:
    if not isinstance(wanted, dict):
        raise ValueError("a fault is an object")  # noqa: TRY004 - all wrong input is one error here
    given: dict[str, Any] = wanted
    if unknown := set(given) - {"kind", "operations", "rate", "next", "delay_s", "form", "seed"}:
        raise ValueError(f"a fault does not know {', '.join(sorted(unknown))}")
    if given.get("kind") not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if given.get("form") not in (None, *FORMS):
        raise ValueError(f"form must be one of {', '.join(FORMS)}")
    operations = given.get("operations")
    if operations is not None and not isinstance(operations, list):
        raise ValueError("operations must be a list of names, or null for all")
    return Fault(
        kind=given["kind"],
        operations=None if operations is None else tuple(map(str, operations)),
        rate=_number(given, "rate", 1.0, high=1.0),
        left=None if given.get("next") is None else int(_number(given, "next", 0, high=1e9)),
        delay_s=_number(given, "delay_s", _DELAYS_S.get(given["kind"], 0.0), high=3600.0),
        form=given.get("form"),
        seed=given.get("seed"),
    )


def _number(given: Mapping[str, object], name: str, default: float, *, high: float) -> float:
    number = given.get(name, default)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= high:
        raise ValueError(f"{name} must be within 0..{high:g}")
    return number
