"""Plays an interview through the HTTP API, as a hiring platform and a candidate's browser would.

The platform holds the API key: it starts and ends the session. The browser holds the session's token: it
sends frames. A clip is sent as fast as the API answers; its frames are stamped with the clip's own time.
"""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from infra.local.sources import Frame, Source

Json = Mapping[str, Any]

TRIES = 5
"""How often a frame is sent again, with its number, after 429, 503 or a lost connection."""
TIMEOUT_S = 30.0
"""A second more than API Gateway waits for its function."""


class PlayError(Exception):
    """The API did not do what the interview needs; the text says what it answered."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the API said to one request. `status` 0: nothing, and `said` tells why."""

    status: int
    said: Json
    raw: bytes

    @property
    def fine(self) -> bool:
        """Whether it was done."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Played:
    """A frame, and what the API answered."""

    seq: int
    frame: Frame
    answered: Answered


class Watcher(Protocol):
    """Is told what happens, as it happens."""

    def began(self, source: Source, session_id: str) -> None:
        """Tell that the session has started."""

    def saw(self, played: Played) -> None:
        """Tell that a frame was answered."""

    def ended(self) -> None:
        """Tell that no more frames come."""


class Api:
    """The service, seen from outside."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = url
        self.api_key = api_key
        again = Retry(
            total=TRIES,
            status_forcelist=[HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE],
            allowed_methods=None,  # a frame with a number is safe to send again
            backoff_factor=0.2,
            raise_on_status=False,
        )
        self._http = urllib3.PoolManager(retries=again, timeout=TIMEOUT_S)

    def start(self, policy: Json | None = None) -> Json:
        """A new session; raises PlayError."""
        wanted = {"job_data": {"title": "Sample interview"}, "policy": policy or {}}
        return self._needed("POST", "/api/sessions/start", wanted)

    def frame(self, session: Json, seq: int, frame: Frame) -> Answered:
        """What the API makes of a frame."""
        kind = "png" if frame.picture.startswith(b"\x89PNG") else "jpeg"
        captured_at = datetime.fromisoformat(session["start_time"]) + timedelta(seconds=frame.at_s)
        body = {
            "frame": f"data:image/{kind};base64,{base64.b64encode(frame.picture).decode()}",
            "seq": seq,
            "captured_at": captured_at.isoformat(timespec="milliseconds"),
        }
        path = f"/api/sessions/{session['session_id']}/frame"
        return self._ask("POST", path, body, credential=session["session_token"])

    def end(self, session: Json) -> Json:
        """The report; raises PlayError."""
        answer = self._needed("POST", f"/api/sessions/{session['session_id']}/end", {})
        report: Json = answer["report"]
        return report

    def alerts(self, session_id: str) -> Iterator[Json]:
        """Every alert of the session, with links to its pictures; raises PlayError."""
        path = f"/api/sessions/{session_id}/alerts"
        page = self._needed("GET", path)
        yield from page["alerts"]
        while page.get("next_cursor"):
            page = self._needed("GET", f"{path}?cursor={page['next_cursor']}")
            yield from page["alerts"]

    def picture(self, url: str) -> bytes:
        """A picture by its presigned link; raises PlayError."""
        answered = _answered(lambda: self._http.request("GET", url))
        if not answered.fine:
            raise PlayError(f"The picture at {url.partition('?')[0]} cannot be read: {_why(answered)}")
        return answered.raw

    def _needed(self, method: str, path: str, body: Json | None = None) -> Json:
        answered = self._ask(method, path, body, credential=self.api_key)
        if not answered.fine:
            raise PlayError(f"{method} {path}: {_why(answered)}")
        return answered.said

    def _ask(self, method: str, path: str, body: Json | None, *, credential: str) -> Answered:
        headers = {"Authorization": f"Bearer {credential}", "Idempotency-Key": str(uuid.uuid4())}
        return _answered(lambda: self._http.request(method, self.url + path, json=body, headers=headers))


def play(api: Api, source: Source, watcher: Watcher, policy: Json | None = None) -> tuple[str, Json]:
    """Hold the interview; the session's id and its report. What the API refuses does not stop it.

    Ctrl-C ends an interview before a camera, and its report comes. Raises PlayError if there is no report.
    """
    session = api.start(policy)
    watcher.began(source, session["session_id"])
    with suppress(*([KeyboardInterrupt] if source.live else [])), closing(source.frames) as frames:
        for seq, frame in enumerate(frames, start=1):
            watcher.saw(Played(seq, frame, api.frame(session, seq, frame)))
    watcher.ended()
    return session["session_id"], api.end(session)


def _answered(request: Any) -> Answered:  # noqa: ANN401
    try:
        answer = request()
    except HTTPError as exc:
        return Answered(0, {"success": False, "error": f"No answer: {exc}"}, b"")
    said: Json = {}
    with suppress(ValueError):
        said = json.loads(answer.data)
    return Answered(answer.status, said, answer.data)


def _why(answered: Answered) -> str:
    return f"{answered.status or 'no status'}, {answered.said.get('error') or answered.raw[:200]!r}"
