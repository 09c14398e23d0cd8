"""The controls that tests and operators use: /_health, /_calls, /_faults, /_answers, /_liveness."""

import json
import platform
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.local.rekognition.server import Desk

Answer = tuple[int, object]


def control(desk: "Desk", method: str, path: str, body: bytes) -> Answer:
    """Answer a control: its status and its JSON."""
    act = _CONTROLS.get((method, path.partition("?")[0]))
    if act is None:
        return 404, {"error": "there is: " + ", ".join(" ".join(known) for known in _CONTROLS)}
    try:
        return 200, act(desk, body)
    except (ValueError, RecursionError) as exc:
        return 400, {"error": str(exc)}


def _reset_calls(desk: "Desk", _body: bytes) -> object:
    desk.calls.reset()
    return {}


def _clear_faults(desk: "Desk", _body: bytes) -> object:
    desk.faults.clear()
    return []


def _put_answers(desk: "Desk", body: bytes) -> object:
    desk.room.sight.answers.put(json.loads(body))
    return _count_answers(desk, body)


def _clear_answers(desk: "Desk", body: bytes) -> object:
    desk.room.sight.answers.clear()
    return _count_answers(desk, body)


def _count_answers(desk: "Desk", _body: bytes) -> object:
    return {"pictures": len(desk.room.sight.answers)}


def _clear_liveness(desk: "Desk", _body: bytes) -> object:
    desk.room.liveness.clear()
    return {}


def _health(desk: "Desk", _body: bytes) -> object:
    engine = desk.room.sight.engine
    return {
        "status": "ok",
        "engine": engine.name,
        "lacks": engine.costs,
        "versions": {"python": platform.python_version(), **engine.versions},
        "objects": desk.room.sight.objects_from,
        "s3_endpoint": desk.room.storage.endpoint,
        "answers": len(desk.room.sight.answers),
    }


_CONTROLS: Mapping[tuple[str, str], Callable[["Desk", bytes], object]] = {
    ("GET", "/_health"): _health,
    ("GET", "/_calls"): lambda desk, _: desk.calls.counted(),
    ("DELETE", "/_calls"): _reset_calls,
    ("GET", "/_faults"): lambda desk, _: desk.faults.listed(),
    ("POST", "/_faults"): lambda desk, body: desk.faults.add(json.loads(body)),
    ("DELETE", "/_faults"): _clear_faults,
    ("GET", "/_answers"): _count_answers,
    ("PUT", "/_answers"): _put_answers,
    ("DELETE", "/_answers"): _clear_answers,
    ("GET", "/_liveness"): lambda desk, _: desk.room.liveness.listed(),
    ("POST", "/_liveness"): lambda desk, body: desk.room.liveness.say(json.loads(body)),
    ("DELETE", "/_liveness"): _clear_liveness,
}
