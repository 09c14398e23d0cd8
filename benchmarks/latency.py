"""How long a frame takes over the slowest call of the provider, and how long six calls in a row take.

The frame: the route of the chalice app in this process, called as Lambda calls it, with the real adapters and
the real botocore on a cloud of fixed latencies (`benchmarks.slow_cloud`: 250 ms the provider, 25 ms S3, 8 ms
DynamoDB). Each picture is of another scene and is kept, so that it needs all three calls and S3. In turn with
the frames, a naive backend makes the same calls one after the other, and does nothing else.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from statistics import median

import boto3

from benchmarks.function import Function
from benchmarks.pictures import cuts
from benchmarks.running import SlowCloud, in_own_process
from benchmarks.slow_cloud import mark

FRAMES, WARM_UP = 80, 6
FEWEST = 30
"""Frames of which all three calls were made; with fewer there is no figure."""
CALLS = {"DetectFaces", "DetectLabels", "DetectText"}

Taken = tuple[str, float]
"""The mark of a picture, and the seconds that a request with it took."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Time of a frame over that of its slowest call: ours, and calls in a row. Medians."""

    ratio: float
    serial_ratio: float


def measure() -> Latency:
    """Run both in a process of their own. Raises StartError; RuntimeError if frames are not asked about."""
    with SlowCloud() as cloud:
        taken: dict[str, list[Taken]] = in_own_process("benchmarks.latency", environment=cloud.environment)
        pictures = cloud.times().pictures
    return Latency(
        ratio=round(_over_slowest(taken["ours"], pictures), 3),
        serial_ratio=round(_over_slowest(taken["serial"], pictures), 3),
    )


def _over_slowest(taken: list[Taken], pictures: Mapping[str, Mapping[str, float]]) -> float:
    asked = [(took_s, pictures[name]) for name, took_s in taken if pictures.get(name, {}).keys() >= CALLS]
    if len(asked) < FEWEST:
        raise RuntimeError(f"only {len(asked)} of {len(taken)} frames needed all three calls")
    return median(took_s / max(calls[each] for each in CALLS) for took_s, calls in asked)


def main() -> None:
    """Print marks and seconds, for `measure`, from the environment of a function on the slow cloud."""
    ours, serial, taken = _ours(), _serial(), {"ours": list[Taken](), "serial": list[Taken]()}
    for number, picture in enumerate(cuts(640, 480, 2 * (FRAMES + WARM_UP))):
        name, act = ("ours", ours) if number % 2 else ("serial", serial)
        act(picture, taken[name].append)
    json.dump({name: each[WARM_UP:] for name, each in taken.items()}, sys.stdout)


def _ours() -> Callable[[bytes, Callable[[Taken], None]], None]:
    function = Function()
    session = function.start(keep_frames="all")
    numbers = count(1)

    def act(picture: bytes, note: Callable[[Taken], None]) -> None:
        event = function.frame_event(session, next(numbers), picture)
        began = time.perf_counter()
        function.call(event)
        note((mark(picture), time.perf_counter() - began))

    return act


def _serial() -> Callable[[bytes, Callable[[Taken], None]], None]:
    rekognition, s3, dynamodb = boto3.client("rekognition"), boto3.client("s3"), boto3.client("dynamodb")
    numbers = count(1)
    key = {"pk": {"S": "session"}, "sk": {"S": "session"}}

    def act(picture: bytes, note: Callable[[Taken], None]) -> None:
        began = time.perf_counter()
        dynamodb.get_item(TableName="naive", Key=key)
        rekognition.detect_faces(Image={"Bytes": picture}, Attributes=["ALL"])
        rekognition.detect_labels(Image={"Bytes": picture})
        rekognition.detect_text(Image={"Bytes": picture})
        s3.put_object(Bucket="naive", Key=f"{next(numbers)}.jpg", Body=picture)
        dynamodb.put_item(TableName="naive", Item={**key, "frames": {"N": "1"}})
        note((mark(picture), time.perf_counter() - began))

    return act


if __name__ == "__main__":
    main()
