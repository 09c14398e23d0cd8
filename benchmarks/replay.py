"""An interview through the service's own flows, without a gateway and at once."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from benchmarks.hours import Film
from benchmarks.recorded import Recorded
from benchmarks.tables import Tables
from chalicelib.aws.sessions import Sessions
from chalicelib.domain import report
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Alert, Session
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import Coverage
from chalicelib.domain.seen import Kind, Look, Picture
from chalicelib.flows.analyze_frame import AnalyzeFrame, FrameIn
from chalicelib.flows.ask_provider import AskProvider, Budget
from chalicelib.flows.end_session import closed
from chalicelib.vision.checks import look
from chalicelib.vision.gate import Gate

STARTED_AT = 1_750_000_000.0
USD_PER_CALL = Budget().usd_per_call
_TENANT, _DAY_S = "benchmarks", 86_400.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of an interview."""

    alerts: tuple[Alert, ...]
    calls: Mapping[str, int]
    """Operation to the calls that the provider had."""
    coverage: Coverage
    faces_asked_s: tuple[float, ...]
    """When the provider was asked for faces."""


def views(film: Film) -> dict[bytes, Picture]:
    """What the service's own look makes of the film's pictures, without those it refuses."""
    seen = {}
    for encoded in film.pictures:
        with suppress(BadInput):
            seen[encoded] = look(encoded)
    return seen


def replay(film: Film, seen: Mapping[bytes, Picture], recorded: Recorded, policy: Policy) -> Replayed:
    """Watch all frames and end. Raises RuntimeError if the report counts other calls than were made."""
    recorded = recorded.counted_apart()
    clock, records = _Clock(STARTED_AT), []
    table: Any = _Table()
    sessions = Sessions(table, "sessions", retention_s=_DAY_S)
    sessions.create(Session(_TENANT, film.name, STARTED_AT, policy), None)
    with ThreadPoolExecutor(1) as pool:
        ask = AskProvider(recorded, Gate(), _NoLimit(), pool, pool, Budget())
        watch = AnalyzeFrame(
            sessions,
            ask,
            _NoEvidence(),
            lambda encoded: seen[encoded] if encoded in seen else look(encoded),
            clock,
            pool,
            pool,
            session_s=film.seconds + _DAY_S,
        )
        for number, shown in enumerate(film.order):
            clock.at = STARTED_AT + number / film.fps
            frame = FrameIn(film.pictures[shown], seq=number + 1, captured_at=clock.at)
            _, (watched,) = watch.batch(_TENANT, film.name, [frame])
            records.append(watched.record)
    clock.at = STARTED_AT + film.seconds
    ended = closed(sessions, _TENANT, film.name, clock).settled
    billed, made = report.spend(ended, USD_PER_CALL).calls, dict(recorded.calls)
    if {name: calls for name, calls in billed.items() if calls} != made:
        raise RuntimeError(f"{film.name}: the report counts {dict(billed)}, the provider had {made}")
    return Replayed(
        alerts=tuple(sessions.alerts(_TENANT, film.name)),
        calls=billed,
        coverage=report.coverage(ended),
        faces_asked_s=tuple(
            each.observation.at_s
            for each in records
            if each and each.observation.looks.get(Kind.FACES) is Look.ASKED
        ),
    )


@dataclass(slots=True)
class _Clock:
    at: float

    def __call__(self) -> float:
        return self.at


class _Table:
    """A client of DynamoDB whose table is in this process."""

    def __init__(self) -> None:
        self._tables = Tables()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(map(str.capitalize, method.split("_")))
        return lambda **asked: self._tables.answer(operation, asked)


class _NoLimit:
    """A ledger of a provider that answers everybody at once."""

    def grant(self, urgencies: Sequence[float], now: float) -> int:  # noqa: ARG002 - as the port has it
        return len(urgencies)

    def spend(self, tenant_id: str, calls: int, now: float) -> int:  # noqa: ARG002
        return calls


class _NoEvidence:
    """Nobody looks at the pictures afterwards."""

    def keep(self, tenant_id: str, session_id: str, picture: Picture) -> None:
        pass

    def link(self, tenant_id: str, session_id: str, name: str) -> str:  # noqa: ARG002
        return ""

    def kept(self, tenant_id: str, session_id: str) -> Any:  # noqa: ANN401, ARG002
        return iter(())

    def drop(self, tenant_id: str, session_id: str, names: Any) -> int:  # noqa: ANN401, ARG002
        return 0
