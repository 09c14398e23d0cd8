"""Three calls for one frame look at it once."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.local.rekognition.answers import Answers
from infra.local.rekognition.calls import Rate
from infra.local.rekognition.picture import Pixels, open_picture
from infra.local.rekognition.seen import Box, Face, Line, Vector
from infra.local.rekognition.sight import Sight


class CountingEngine:
    """Sees one face and counts how often it looks."""

    name = "counting"
    versions: Mapping[str, str] = {}
    costs = ""

    def __init__(self, failures: int = 0) -> None:
        self.looks: Counter[str] = Counter()
        self._failures = failures
        self._lock = threading.Lock()

    def faces(self, _pixels: Pixels) -> tuple[Face, ...]:
        with self._lock:
            self.looks["faces"] += 1
            if self.looks["faces"] <= self._failures:
                raise RuntimeError("stumbled")
        time.sleep(0.05)
        return (Face(Box(0.4, 0.3, 0.2, 0.3), confidence=99.0),)

    def text(self, _pixels: Pixels) -> tuple[Line, ...]:
        self.looks["text"] += 1
        return ()

    def likeness(self, _pixels: Pixels, _face: Face) -> Vector | None:
        self.looks["likeness"] += 1
        return (0.0, 1.0)


def test_calls_that_arrive_together_share_the_work(coffee: bytes) -> None:
    engine = CountingEngine()
    sight = Sight(engine, Answers())
    with ThreadPoolExecutor(9) as pool:
        for look in (sight.faces, sight.labels, sight.text) * 3:
            pool.submit(look, open_picture(coffee))

    assert engine.looks == {"faces": 1, "text": 1}


def test_the_same_picture_again_costs_nothing(coffee: bytes) -> None:
    engine = CountingEngine()
    sight = Sight(engine, Answers())

    assert sight.faces(open_picture(coffee)) is sight.faces(open_picture(coffee))
    assert engine.looks["faces"] == 1


def test_a_likeness_is_worked_out_once(coffee: bytes) -> None:
    engine = CountingEngine()
    sight = Sight(engine, Answers())
    picture = open_picture(coffee)
    for _ in range(3):
        sight.likeness(picture, sight.faces(picture)[0])

    assert engine.looks["likeness"] == 1


def test_a_failure_is_not_remembered(coffee: bytes) -> None:
    sight = Sight(CountingEngine(failures=1), Answers())
    picture = open_picture(coffee)
    with pytest.raises(RuntimeError, match="stumbled"):
        sight.faces(picture)

    assert len(sight.faces(picture)) == 1


def test_a_bucket_of_tokens_fills_again() -> None:
    now_s = 0.0
    rate = Rate(2.0, clock=lambda: now_s)
    first = [rate.admits() for _ in range(3)]
    now_s = 0.5
    later = [rate.admits() for _ in range(2)]

    assert first == [True, True, False]
    assert later == [True, False]
