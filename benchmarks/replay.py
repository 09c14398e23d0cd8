"""An interview through the service's own flows, without a gateway and at once."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.hours import Film
from benchmarks.metered import Meter
from benchmarks.recorded import Recorded
from chalicelib.aws.ledger import Ledger
from chalicelib.aws.sessions import Sessions
from chalicelib.domain import report
from chalicelib.domain.errors import BadInput
from chalicelib.domain.identity import GivenAs, Identity, Resembled
from chalicelib.domain.model import Alert, FrameRecord, Session
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import Coverage
from chalicelib.domain.seen import Kind, Look, Picture
from chalicelib.flows.analyze_frame import AnalyzeFrame, FrameIn
from chalicelib.flows.ask_person import AskPerson
from chalicelib.flows.ask_provider import AskProvider
from chalicelib.flows.end_session import closed
from chalicelib.flows.resemble import resembled
from chalicelib.flows.tenant_spend import Budget, TenantSpend
from chalicelib.vision.checks import look
from chalicelib.vision.gate import Gate

STARTED_AT = 1_750_000_000.0
USD_PER_CALL = Budget().usd_per_call
_TENANT, _DAY_S = "benchmarks", 86_400.0
_NO_LIMIT_TPS = 10_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that was watched, and what its requests used (`benchmarks.metered`); `pictures` went to S3."""

    record: FrameRecord | None
    used: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of an interview."""

    alerts: tuple[Alert, ...]
    calls: Mapping[str, int]
    """Operation to the calls that the provider had."""
    coverage: Coverage
    faces_asked_s: tuple[float, ...]
    """When the provider was asked for faces."""
    frames: tuple[Frame, ...] = ()


def views(film: Film) -> dict[bytes, Picture]:
    """What the service's own look makes of the film's pictures, without those it refuses."""
    seen = {}
    for encoded in film.pictures:
        with suppress(BadInput):
            seen[encoded] = look(encoded)
    return seen


def replay(
    film: Film,
    seen: Mapping[bytes, Picture],
    recorded: Recorded,
    policy: Policy,
    *,
    spread: bool = False,
    reference: bytes = b"",
) -> Replayed:
    """Watch all frames and end. Raises RuntimeError if the report counts other calls than were made.

    One process watches all of them; or, `spread`, each comes to a process that knows nothing of the session.
    Who is in view is asked for where there is a `reference`.
    """
    recorded = recorded.counted_apart()
    with ThreadPoolExecutor(1) as pool:
        room = _Room(film, seen, recorded, pool, reference)
        room.sessions.create(Session(_TENANT, film.name, STARTED_AT, policy, identity=room.identity), None)
        frames = room.watch(spread=spread)
    room.clock.at = STARTED_AT + film.seconds
    ended = closed(room.sessions, _TENANT, film.name, room.clock).settled
    billed, made = report.spend(ended, USD_PER_CALL).calls, dict(recorded.calls)
    if {name: calls for name, calls in billed.items() if calls} != made:
        raise RuntimeError(f"{film.name}: the report counts {dict(billed)}, the provider had {made}")
    return Replayed(
        alerts=tuple(room.sessions.alerts(_TENANT, film.name)),
        calls=billed,
        coverage=report.coverage(ended),
        faces_asked_s=tuple(
            each.record.observation.at_s
            for each in frames
            if each.record and each.record.observation.looks.get(Kind.FACES) is Look.ASKED
        ),
        frames=tuple(frames),
    )


@dataclass(slots=True)
class _Room:
    """Where an interview is watched: the tables and the bucket, and processes that come and go."""

    film: Film
    seen: Mapping[bytes, Picture]
    recorded: Recorded
    pool: Executor
    reference: bytes = b""
    clock: "_Clock" = field(default_factory=lambda: _Clock(STARTED_AT))
    meter: Meter = field(default_factory=Meter)

    def watch(self, *, spread: bool) -> list[Frame]:
        """Watch every frame."""
        watch, frames = self._process(), []
        for number, shown in enumerate(self.film.order):
            self.clock.at = STARTED_AT + number / self.film.fps
            frame = FrameIn(self.film.pictures[shown], seq=number + 1, captured_at=self.clock.at)
            watch = self._process() if spread else watch
            before = dict(self.meter.used)
            _, (watched,) = watch.batch(_TENANT, self.film.name, [frame])
            used = {name: units - before.get(name, 0.0) for name, units in self.meter.used.items()}
            frames.append(Frame(watched.record, used))
        return frames

    @property
    def identity(self) -> Identity | None:
        """Who the candidate is meant to be."""
        return Identity(GivenAs.PICTURE, 0.0, reference="reference") if self.reference else None

    def likeness(self, session: Session, encoded: bytes) -> Resembled:  # noqa: ARG002 - as the port has it
        """How like a frame's face is to the reference."""
        return resembled(self.recorded.compare_pictures(self.reference, encoded))

    @property
    def sessions(self) -> Sessions:
        """The table, as a process sees it that knows nothing yet."""
        table: Any = _Table(self.meter)
        return Sessions(table, "sessions", retention_s=_DAY_S)

    def _process(self) -> AnalyzeFrame:
        table: Any = _Table(self.meter)
        ledger = Ledger(table, "ledger", tps=_NO_LIMIT_TPS)
        return AnalyzeFrame(
            self.sessions,
            AskProvider(
                self.recorded,
                Gate(),
                ledger,
                self.pool,
                self.pool,
                TenantSpend(ledger, self.pool, Budget()),
                AskPerson(self.likeness, self.pool),
            ),
            _Bucket(self.meter),
            lambda encoded: self.seen[encoded] if encoded in self.seen else look(encoded),
            self.clock,
            self.pool,
            self.pool,
            lambda _session: None,
            session_s=self.film.seconds + _DAY_S,
        )


@dataclass(slots=True)
class _Clock:
    at: float

    def __call__(self) -> float:
        return self.at


@dataclass(frozen=True, slots=True)
class _Table:
    """A client of DynamoDB whose tables are in this process."""

    _meter: Meter

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(map(str.capitalize, method.split("_")))
        return lambda **asked: self._meter.answer(operation, asked)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """Counts the pictures that are kept; nobody looks at them afterwards."""

    meter: Meter

    def keep(self, tenant_id: str, session_id: str, picture: Picture) -> None:  # noqa: ARG002 - as the port has it
        self.meter.used["pictures"] += 1

    def link(self, tenant_id: str, session_id: str, name: str) -> str:  # noqa: ARG002
        return ""

    def kept(self, tenant_id: str, session_id: str) -> Any:  # noqa: ANN401, ARG002
        return iter(())

    def drop(self, tenant_id: str, session_id: str, names: Any) -> int:  # noqa: ANN401, ARG002
        return 0
