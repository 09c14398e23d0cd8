"""The items of a session, without when they expire: their keys, and what each holds."""

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import Item, key_of
from chalicelib.domain import reducer, tallies
from chalicelib.domain.alerts import ListedAlert, Wanted, listed, opened_time, state_of
from chalicelib.domain.model import Alert, FrameRecord, Memory, Session, SessionRow, Status, Ticket
from chalicelib.domain.report import Report, rfc3339
from chalicelib.domain.seen import Findings

MEMORY = "memory"
"""The sort key of the gate's memory."""


def pk(tenant_id: str, session_id: str) -> str:
    """The partition of a session."""
    return f"{tenant_id}#{session_id}"


def frame_sk(seq: int) -> str:
    """So that frames are sorted by their number."""
    return f"frame#{seq:012d}"


def ticket_key(tenant_id: str, key: str) -> Item:
    """The key of an Idempotency-Key's item."""
    return key_of(f"{tenant_id}#idempotency#{key}", "request")


def alert_sk(alert_id: str) -> str:
    """So that alerts are sorted by the frame they began with."""
    return f"alert#{alert_id}"


def alert_key(session: Session, alert: Alert) -> Item:
    """The key of an alert's item."""
    return _key(session, alert_sk(alert.id))


def started(session: Session) -> str:
    """When it started, and which it is: what sessions are listed by."""
    return f"{rfc3339(session.started_at)}#{session.session_id}"


def session_item(session: Session) -> Item:
    """The session's state, with what lists need beside it."""
    seen = reducer.progress(session)
    return _key(session, "session") | {
        "tenant_id": {"S": session.tenant_id},
        "started": {"S": started(session)},
        "status": {"S": session.status.value},
        "version": {"N": str(session.version)},
        "frames": {"N": str(seen.frames - seen.unanalysed)},
        "alerts": {"N": str(tallies.alert_count(seen))},
        "state": {"B": pack(session)},
    }


def frame_item(session: Session, frame: FrameRecord) -> Item:
    """What was seen in a frame."""
    return _key(session, frame_sk(frame.observation.seq)) | {"record": {"B": pack(frame)}}


def memory_key(session: Session) -> Item:
    """The key of what the gate remembers."""
    return _key(session, MEMORY)


def memory_item(session: Session, memory: Memory) -> Item:
    """What the gate remembers, under the session's version that it was made with."""
    return memory_key(session) | {
        "version": {"N": str(session.version)},
        "facts": {"B": pack(memory.facts)},
        "pixels": {"B": memory.pixels},
    }


def memory_of(item: Item) -> tuple[int, Memory]:
    """The version of a memory's item, and the memory."""
    memory = Memory(unpack(Findings, item["facts"]["B"]), item["pixels"]["B"])
    return int(item["version"]["N"]), memory


def alert_item(session: Session, alert: Alert) -> Item:
    """An alert, with what lists across sessions need beside it: nothing that changes while it extends."""
    exam_id, candidate_id = (each.exam_id, each.candidate_id) if (each := session.attempt) else (None, None)
    facts = Wanted(exam_id, candidate_id, alert.type, alert.severity, state_of(alert))
    place = f"{opened_time(alert, session.started_at)}#{session.session_id}#{alert.id}"
    return {
        **alert_key(session, alert),
        **alert_facts(session.tenant_id, facts),
        "opened": {"S": place},
        "alert": {"B": pack(alert)},
    }


def alert_facts(tenant_id: str, wanted: Wanted) -> Item:
    """What the items of such alerts hold, but for the time."""
    facts = {
        "tenant_id": tenant_id,
        "of_exam": wanted.exam_id and f"{tenant_id}#{wanted.exam_id}",
        "of_candidate": wanted.candidate_id and f"{tenant_id}#{wanted.candidate_id}",
        "type": wanted.type,
        "severity": wanted.severity,
        "episode": wanted.state,
    }
    return {name: {"S": str(fact)} for name, fact in facts.items() if fact is not None}


def listed_alert(item: Item) -> ListedAlert:
    """An alert in a list across sessions, of its item."""
    opened, session_id, _ = item["opened"]["S"].split("#")
    alert = unpack(Alert, item["alert"]["B"])
    return listed(alert, session_id, opened, _id_in(item, "of_exam"), _id_in(item, "of_candidate"))


def report_item(session: Session, report: Report) -> Item:
    """The report."""
    return _key(session, "report") | {"report": {"B": pack(report)}}


def ticket_item(session: Session, ticket: Ticket) -> Item:
    """Which session was started with an Idempotency-Key."""
    return ticket_key(session.tenant_id, ticket.key) | {
        "fingerprint": {"S": ticket.fingerprint},
        "session_id": {"S": session.session_id},
    }


def row(item: Item) -> SessionRow:
    """A session in a list, of its item."""
    started, session_id = item["started"]["S"].split("#", 1)
    return SessionRow(
        session_id=session_id,
        is_active=item["status"]["S"] == Status.ACTIVE,
        start_time=started,
        frames_analyzed=int(item["frames"]["N"]),
        alert_count=int(item["alerts"]["N"]),
    )


def _id_in(item: Item, name: str) -> str | None:
    return item[name]["S"].split("#", 1)[1] if name in item else None


def _key(session: Session, sk: str) -> Item:
    return key_of(pk(session.tenant_id, session.session_id), sk)
