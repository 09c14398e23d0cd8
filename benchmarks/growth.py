"""What the length of a session costs: its item's size, a late frame over an early one, its report.

The long session is not played, which would take hours: its frames are folded by the service's own reducer and
stored by its own adapter, and from then on it is called over HTTP like any other.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from chalicelib.aws.codec import pack
from chalicelib.aws.sessions import Sessions
from chalicelib.domain import reducer
from chalicelib.domain.model import Alert, FrameRecord, Session
from chalicelib.domain.seen import BoundingBox, Face, Kind, Look, Observation, Pose, View
from infra.local.cloud import STAGE, OfflineCloud
from infra.local.player import Api
from infra.local.rekognition.staged import face, stage
from infra.local.sources import Frame

EARLY, LATE = 20, 28_800
"""Frames: eight hours at one a second."""
SAMPLES = 40
_BATCH = 40


@dataclass(frozen=True, slots=True)
class Growth:
    """Ratios of a session of `frames` over one of 20; the size of its item's state."""

    frames: int
    state_bytes: int
    frame: float
    report: float


def measure(cloud: OfflineCloud, api: Api) -> Growth:
    """Age one session by 20 frames and another by eight hours, and call both alternately."""
    store = Sessions(cloud.client("dynamodb"), f"proctoring-{STAGE}-sessions", retention_s=86_400)
    young, old = api.start(), api.start()
    tenant_id = _tenant_of(cloud, old["session_id"])
    _age(store, store.load(tenant_id, young["session_id"]), EARLY)
    aged = _age(store, store.load(tenant_id, old["session_id"]), LATE)
    picture = _picture()

    def send(session: dict[str, str], after: int) -> Callable[[int], None]:
        def one(number: int) -> None:
            answered = api.frame(session, after + number, Frame(float(after + number), picture))
            assert answered.fine, answered.said

        return one

    return Growth(
        frames=LATE,
        state_bytes=len(pack(aged)),
        frame=_ratio(send(dict(old), LATE), send(dict(young), EARLY), SAMPLES),
        report=_ratio(lambda _: api.end(old), lambda _: api.end(young), 1),
    )


def _ratio(late: Callable[[int], object], early: Callable[[int], object], samples: int) -> float:
    took: dict[str, list[float]] = {"late": [], "early": []}
    for number in range(1, samples + 1):
        for name, act in (("late", late), ("early", early)):
            started = time.perf_counter()
            act(number)
            took[name].append(time.perf_counter() - started)
    return round(statistics.median(took["late"]) / statistics.median(took["early"]), 2)


def _age(store: Sessions, session: Session, frames: int) -> Session:
    """The session after so many frames, a minute of every ten with nobody in view."""
    for start in range(1, frames + 1, _BATCH):
        records: list[FrameRecord] = []
        alerts: dict[str, Alert] = {}
        for seq in range(start, min(start + _BATCH, frames + 1)):
            seen = _seen(seq)
            session, changes = reducer.step(session, seen)
            alerts |= {alert.id: alert for alert in changes}
            records.append(FrameRecord(seen))
        session = store.save(session, records, alerts.values())
    return session


def _seen(seq: int) -> Observation:
    rng = np.random.default_rng(seq)
    nobody = seq % 600 >= 540  # noqa: PLR2004 - the tenth minute
    emotions = {
        name: float(share)
        for name, share in zip(("CALM", "HAPPY", "SAD"), rng.uniform(0, 33, 3), strict=True)
    }
    one = Face(BoundingBox(0.4, 0.2, 0.2, 0.3), 99.5, Pose(*rng.normal(0, 5, 3).round(2)), emotions=emotions)
    return Observation(
        seq=seq,
        at_s=float(seq),
        view=View(640, 480, 120.0, 50.0, 220.0, 0.18, rng.integers(0, 255, 192, dtype=np.uint8).tobytes()),
        faces=() if nobody else (one,),
        labels=(),
        text=(),
        looks=dict.fromkeys(Kind, Look.ASKED),
    )


def _tenant_of(cloud: OfflineCloud, session_id: str) -> str:
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=f"proctoring-{STAGE}-sessions")
    keys = (item["pk"]["S"] for page in pages for item in page["Items"])
    return next(key.split("#")[0] for key in keys if key.endswith(f"#{session_id}"))


def _picture() -> bytes:
    cells = np.random.default_rng(1).integers(40, 220, (48, 64, 3), dtype=np.uint8)
    pixels = cv2.resize(cells, (640, 480), interpolation=cv2.INTER_NEAREST)
    return stage(cv2.imencode(".jpg", pixels)[1].tobytes(), {"faces": [face()]})
