"""Face Liveness sessions: nobody streams a video here, so a control says what became of each."""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.rekognition.errors import Code, Refused

STATUSES = ("CREATED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "EXPIRED")
_MOST_CONFIDENCE = 100


@dataclass(frozen=True, slots=True)
class Result:
    """What is answered of a session; a confidence only of one that succeeded."""

    status: str = "CREATED"
    confidence: float | None = None


class LivenessSessions:
    """The sessions by id, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[str, Result] = {}
        self._by_token: dict[str, str] = {}
        self._usual = Result()

    def create(self, token: str) -> str:
        """Make a session; the same token again makes none."""
        with self._lock:
            known = self._by_token.get(token)
            if known:
                return known
            session_id = str(uuid.uuid4())
            self._results[session_id] = self._usual
            if token:
                self._by_token[token] = session_id
            return session_id

    def result(self, session_id: str) -> Result:
        """Look up what became of a session. Raises `Refused`."""
        with self._lock:
            if session_id not in self._results:
                raise Refused(Code.SESSION_NOT_FOUND, "Session not found.")
            return self._results[session_id]

    def say(self, wanted: object) -> dict[str, object]:
        """Set the result of one session, or of all that are made from now on. Raises ValueError."""
        session_id, result = _read(wanted)
        with self._lock:
            if session_id is None:
                self._usual = result
            elif session_id in self._results:
                self._results[session_id] = result
            else:
                raise ValueError("there is no such session")
        return {"session_id": session_id, "status": result.status, "confidence": result.confidence}

    def clear(self) -> None:
        """Forget all sessions, and what was said of those to come."""
        with self._lock:
            self._results.clear()
            self._by_token.clear()
            self._usual = Result()

    def listed(self) -> dict[str, str]:
        """Say how each session stands."""
        with self._lock:
            return {session_id: result.status for session_id, result in self._results.items()}


def _read(wanted: object) -> tuple[str | None, Result]:
    if not isinstance(wanted, Mapping):
        raise ValueError("a result is an object")  # noqa: TRY004 - one error for all wrong input
    if unknown := set(wanted) - {"session_id", "status", "confidence"}:
        raise ValueError(f"a result does not know {', '.join(sorted(map(str, unknown)))}")
    status, confidence = wanted.get("status"), wanted.get("confidence")
    if status not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}")
    if (confidence is not None) != (status == "SUCCEEDED") or not _is_confidence(confidence):
        raise ValueError("confidence must be within 0..100 for SUCCEEDED, and absent for all others")
    session_id = wanted.get("session_id")
    return None if session_id is None else str(session_id), Result(status, confidence)


def _is_confidence(given: object) -> bool:
    if given is None:
        return True
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return is_number and 0 <= given <= _MOST_CONFIDENCE  # type: ignore[operator]
