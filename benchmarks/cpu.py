"""What a frame costs our processor, over what decoding its JPEG once costs.

In: the request from API Gateway's event to the answer's text - JSON and base64, the credential, loading the
session, the checks of the pixels with the decoding they need, whatever decides which calls are needed, what
becomes of the provider's replies, the reducer, packing the state, building the items. All threads of the
process. Out: botocore, HTTP and the network. In place of boto3's clients there are some that answer at once,
from memory (`benchmarks.tables`, `benchmarks.canned`).

Decoding is `cv2.imdecode(..., IMREAD_COLOR)` of the same bytes. Both are measured in turn, so that a busy
machine hurts both alike; the figures are medians. Frames are a second apart by their own time.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, TypeVar
from unittest.mock import patch

import boto3
import cv2
import numpy as np

from benchmarks.canned import REPLIES
from benchmarks.function import Function
from benchmarks.pictures import sitting
from benchmarks.running import SlowCloud, in_own_process
from benchmarks.slow_cloud import SECRET
from benchmarks.tables import Tables
from chalicelib.vision.checks import look

Argument = TypeVar("Argument")

FRAMES, WARM_UP = 80, 10
VGA, HD = (640, 480), (1280, 720)


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU time of a request over that of one decoding, by size; `checks_…`: of our checks alone. Medians."""

    vga: float
    hd: float
    checks_vga: float
    checks_hd: float
    vga_ms: float
    """CPU milliseconds of a request at 640 x 480."""
    hd_ms: float
    """The same at 1280 x 720."""


def measure() -> Cpu:
    """Run it in a process of its own."""
    return Cpu(**in_own_process("benchmarks.cpu", environment=SlowCloud().environment))


def main() -> None:
    """Print the figures, for `measure`."""
    with patch.object(boto3, "client", Memory().client):
        function = Function()
        vga, hd = _measured(function, VGA), _measured(function, HD)
    figures = Cpu(
        vga=_over_decoding(vga["request"], vga),
        hd=_over_decoding(hd["request"], hd),
        checks_vga=_over_decoding(vga["checks"], vga),
        checks_hd=_over_decoding(hd["checks"], hd),
        vga_ms=round(median(vga["request"]) * 1000, 2),
        hd_ms=round(median(hd["request"]) * 1000, 2),
    )
    json.dump(asdict(figures), sys.stdout)


def _over_decoding(took_s: list[float], of: dict[str, list[float]]) -> float:
    return round(median(each / decode for each, decode in zip(took_s, of["decode"], strict=True)), 2)


def _measured(function: Function, size: tuple[int, int]) -> dict[str, list[float]]:
    """CPU seconds of decoding, of a request, and of the checks alone, frame by frame."""
    session = function.start()
    took: dict[str, list[float]] = {"decode": [], "request": [], "checks": []}
    for seq, picture in enumerate(sitting(*size, FRAMES + WARM_UP), start=1):
        event = function.frame_event(session, seq, picture, at_s=float(seq))
        took["decode"].append(_cpu_s(_decode, picture))
        took["request"].append(_cpu_s(function.call, event))
        took["checks"].append(_cpu_s(look, picture))
    return {name: each[WARM_UP:] for name, each in took.items()}


def _cpu_s(act: Callable[[Argument], object], argument: Argument) -> float:
    began = time.process_time()
    act(argument)
    return time.process_time() - began


def _decode(picture: bytes) -> object:
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)


class Memory:
    """boto3's clients, as far as a frame needs them, without AWS, HTTP or waiting."""

    def __init__(self) -> None:
        self._tables = Tables()

    def client(self, service: str, **_: object) -> Any:  # noqa: ANN401 - as boto3.client
        """What `boto3.client` gives."""
        return _Client(self._tables.answer if service == "dynamodb" else _other)


class _Client:
    def __init__(self, answer: Callable[[str, Mapping[str, Any]], Any]) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = name.title().replace("_", "")
        return lambda **asked: self._answer(operation, asked)


def _other(operation: str, _asked: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return REPLIES.get(operation, {"SecretString": json.dumps(SECRET)})


if __name__ == "__main__":
    main()
