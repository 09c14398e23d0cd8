"""What the length of a session costs: a late frame over an early one, its lists, its report, its item's size.

Old sessions and young ones hold the same few alerts and differ in nothing but their length. The old ones are
not played, which would take hours: the service's own reducer folds the frames, its own adapter stores them
once, and the cloud copies what was stored. From then on all are called over HTTP, in turn.

The cloud is the stub that answers at once (`benchmarks.slow_cloud`): a session's time is the service's own.
The offline cloud's DynamoDB copies whole tables for a transaction, and that would hide what is to be seen.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from statistics import median

import jwt
import numpy as np
import urllib3

from benchmarks.pictures import sitting
from benchmarks.running import SlowCloud, api_key, service
from chalicelib.aws.codec import pack
from chalicelib.aws.sessions import Sessions
from chalicelib.domain import reducer
from chalicelib.domain.model import Alert, FrameRecord, Session
from chalicelib.domain.seen import SIGHTS, BoundingBox, Face, Look, Observation, Pose, View
from infra.local.player import Api, Json
from infra.local.sources import Frame

EARLY, LATE = 20, 20_000
"""Frames of a young and of an old session."""
PAIRS, FRAMES_EACH, READS_EACH = 15, 24, 16
NOBODY = range(6, 12)
"""The frames in which nobody is in view: one alert, and the only one."""
_BATCH = 90
_TABLE = "proctoring-dev-sessions"

_HTTP = urllib3.PoolManager()

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians of old sessions over those of young ones; the size of an old session's state.

    `list` is the larger figure of a tenant's sessions and of one session's alerts.
    """

    frames: int
    state_bytes: int
    frame: float
    list: float
    report: float


@dataclass(frozen=True, slots=True)
class _Aged:
    """What so many frames make of a session."""

    session: Session
    records: Sequence[FrameRecord]
    alerts: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class _Tenant:
    """Somebody all of whose sessions are of one age."""

    api: Api
    sessions: Sequence[Json]
    frames: int


def measure() -> Growth:
    """Age sessions of two tenants, and call both alternately. Raises StartError, PlayError."""
    early, late = _aged(EARLY), _aged(LATE)
    assert [alert.id for alert in early.alerts] == [alert.id for alert in late.alerts]
    with SlowCloud(provider_ms=0, s3_ms=0, dynamodb_ms=0) as cloud, service(cloud) as api:
        young, old = (_tenant(cloud, each, api.url) for each in (early, late))
        frame = _ratio(_frames(old), _frames(young))
        sessions = _ratio(_lists(old), _lists(young))
        alerts = _ratio(_alerts(old), _alerts(young))
        report = _ratio(_reports(old), _reports(young))
    return Growth(LATE, len(pack(late.session)), frame, max(sessions, alerts), report)


def _aged(frames: int) -> _Aged:
    session, alerts = Session("tenant", "session", 0.0), dict[str, Alert]()
    records = []
    for seq in range(1, frames + 1):
        seen = _seen(seq)
        session, changes = reducer.step(session, seen)
        alerts |= {alert.id: alert for alert in changes}
        records.append(FrameRecord(seen))
    return _Aged(session, records, list(alerts.values()))


def _seen(seq: int) -> Observation:
    rng = np.random.default_rng(seq)
    emotions = {
        name: float(share)
        for name, share in zip(("CALM", "HAPPY", "SAD"), rng.uniform(0, 33, 3), strict=True)
    }
    one = Face(BoundingBox(0.4, 0.2, 0.2, 0.3), 99.5, Pose(*rng.normal(0, 5, 3).round(2)), emotions=emotions)
    return Observation(
        seq=seq,
        at_s=float(seq),
        view=View(640, 480, 120.0, 50.0, 220.0, 0.18, rng.integers(0, 255, 192, dtype=np.uint8).tobytes()),
        faces=() if seq in NOBODY else (one,),
        labels=(),
        text=(),
        looks=dict.fromkeys(SIGHTS, Look.ASKED),
        picture=f"{seq:032x}",
        numbered=True,
    )


def _tenant(cloud: SlowCloud, aged: _Aged, service_url: str) -> _Tenant:
    """A tenant with sessions of this age: the first one is stored, and its items are copied to the others."""
    api = Api(service_url, api_key(cloud.environment))
    store = Sessions(cloud.client("dynamodb"), _TABLE, retention_s=86_400)
    sessions = [api.start() for _ in range(PAIRS)]
    tenant_id = _tenant_of(sessions[0])
    first = f"{tenant_id}#{sessions[0]['session_id']}"
    _store(store, aged, store.load(tenant_id, sessions[0]["session_id"]))
    for each in sessions[1:]:
        started = store.load(tenant_id, each["session_id"])
        cloud.copy(_TABLE, first, f"{tenant_id}#{each['session_id']}")
        _store(store, replace(aged, records=(), alerts=()), started)
    return _Tenant(api, sessions, len(aged.records))


def _store(store: Sessions, aged: _Aged, started: Session) -> None:
    """Make of a session that has just started one of this age."""
    session = replace(started, settled=aged.session.settled, window=aged.session.window)
    for start in range(0, len(aged.records), _BATCH):
        session = store.save(session, aged.records[start : start + _BATCH])
    store.save(session, alerts=aged.alerts)


def _tenant_of(session: Json) -> str:
    """The id of its tenant, out of its token."""
    claims: dict[str, str] = jwt.decode(session["session_token"], options={"verify_signature": False})
    return claims["tenant"]


def _frames(tenant: _Tenant) -> Iterator[Act]:
    """Sends of the next frames, session by session."""
    for number, picture in enumerate(sitting(640, 480, FRAMES_EACH), start=1):
        for session in tenant.sessions:
            seq = tenant.frames + number
            yield partial(_sent, tenant.api, session, seq, Frame(float(seq), picture))


def _sent(api: Api, session: Json, seq: int, frame: Frame) -> None:
    answered = api.frame(session, seq, frame)
    assert answered.fine, answered.said


def _lists(tenant: _Tenant) -> Iterator[Act]:
    return (partial(_got, tenant.api, "/api/sessions") for _ in range(PAIRS * READS_EACH))


def _alerts(tenant: _Tenant) -> Iterator[Act]:
    for _ in range(READS_EACH):
        for session in tenant.sessions:
            yield partial(_got, tenant.api, f"/api/sessions/{session['session_id']}/alerts")


def _got(api: Api, path: str) -> None:
    answer = _HTTP.request("GET", api.url + path, headers={"Authorization": f"Bearer {api.api_key}"})
    assert answer.status == HTTPStatus.OK, answer.data


def _reports(tenant: _Tenant) -> Iterator[Act]:
    return (partial(tenant.api.end, session) for session in tenant.sessions)


def _ratio(late: Iterable[Act], early: Iterable[Act]) -> float:
    """Time of those over these: the median of pairs, in which now the one is first, now the other."""
    ratios = []
    for number, (old, young) in enumerate(zip(late, early, strict=True)):
        took_s = {act: _timed_s(act) for act in ((old, young) if number % 2 else (young, old))}
        ratios.append(took_s[old] / took_s[young])
    return round(median(ratios), 3)


def _timed_s(act: Act) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
