"""What a session weighs on the wire, and what its start and its end use beside its frames.

The whole app in this process, called as Lambda calls it, on clients that answer at once and count
(`benchmarks.metered`): a start, frames of somebody who sits there, the end, and the job that follows. The
provider's answers are the canned ones. Pictures on the wire are left out: `benchmarks.units` has real ones.
"""

import json
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from unittest.mock import patch

import boto3

from benchmarks.canned import REPLIES
from benchmarks.function import Function, Json
from benchmarks.metered import Meter
from benchmarks.pictures import sitting
from benchmarks.running import SlowCloud, in_own_process
from benchmarks.slow_cloud import SECRET

FRAMES = 60

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Cloud:
    """boto3's clients, without AWS, HTTP or waiting; they count."""

    meter: Meter = field(default_factory=Meter)
    requests: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    """Bodies of messages to the queue."""

    @property
    def used(self) -> dict[str, float]:
        """All that was counted so far."""
        return {**self.meter.used, **self.requests}

    def client(self, service: str, **_: object) -> Any:  # noqa: ANN401 - as boto3.client
        """What `boto3.client` gives."""
        return _Client(service, self.answer)

    def answer(self, service: str, operation: str, asked: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """The reply to any operation that the service asks for."""
        if service == "dynamodb":
            return self.meter.answer(operation, asked)
        self.requests[f"{service} {operation}"] += 1
        if operation == "SendMessage":
            self.jobs.append(asked["MessageBody"])
        return REPLIES.get(operation, {"SecretString": json.dumps(SECRET), "QueueUrl": "https://queue.test"})


@dataclass(frozen=True, slots=True)
class _Client:
    service: str
    answer: Callable[[str, str, Mapping[str, Any]], Any]
    listing: str = ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(map(str.capitalize, name.split("_")))
        return lambda **asked: self.answer(self.service, operation, asked)

    def get_paginator(self, name: str) -> "_Client":
        """Pages of what this operation lists."""
        return replace(self, listing=name)

    def paginate(self, **asked: Any) -> Iterator[Any]:  # noqa: ANN401 - the operation's own
        """The only one."""
        yield getattr(self, self.listing)(**asked)


def measure() -> Json:
    """Play it in a process of its own: for start, frame, end and job what each used; bytes in and out."""
    played: Json = in_own_process("benchmarks.traffic", environment=SlowCloud().environment)
    return played


def main() -> None:
    """Print the figures, for `measure`."""
    cloud = _Cloud()
    with patch.object(boto3, "client", cloud.client):
        json.dump(_played(Function(), cloud), sys.stdout)


def _played(function: Function, cloud: _Cloud) -> dict[str, Any]:
    function.start()  # what a process does once: keys, secrets, clients
    session, start = _counted(cloud, function.start_event(), function.answer)
    frames: Counter[str] = Counter()
    for seq, picture in enumerate(sitting(640, 480, FRAMES), start=1):
        event = function.frame_event(json.loads(session["body"]), seq, picture, at_s=float(seq))
        _, used = _counted(cloud, event, function.answer)
        frames.update({name: used[name] for name in ("bytes_in", "bytes_out")})
        frames["bytes_in"] -= len(b64encode(picture))
    path = f"/api/sessions/{json.loads(session['body'])['session_id']}/end"
    _, end = _counted(cloud, function.event(path, {}, function.api_key), function.answer)
    from chalicelib.workers import jobs  # noqa: PLC0415 - in an environment that is complete, as app is

    _, job = _counted(cloud, cloud.jobs[-1], jobs.run)
    return {
        "start": start,
        "frame": {name: round(each / FRAMES) for name, each in frames.items()},
        "end": end,
        "job": job,
    }


def _counted(cloud: _Cloud, asked: Asked, act: Callable[[Asked], Answer]) -> tuple[Answer, dict[str, float]]:
    """The answer, and what was used for it. Bytes: of bodies, without headers."""
    before = cloud.used
    answer = act(asked)
    used = {name: units - before.get(name, 0) for name, units in cloud.used.items()}
    if isinstance(asked, dict) and isinstance(answer, Mapping):
        used |= {"bytes_in": len(asked["body"]), "bytes_out": len(answer["body"].encode())}
    return answer, {name: units for name, units in used.items() if units}


if __name__ == "__main__":
    main()
