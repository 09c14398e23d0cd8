"""The service in this process, called as Lambda calls it: with an event of API Gateway."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from chalice.local import RouteMatcher

from benchmarks.unwritten import leave_log_unwritten
from chalicelib import wiring
from infra.local.gateway import EventConverter

Json = Mapping[str, Any]
Event = dict[str, Any]


class Function:
    """app.app with a tenant of its own. One thread at a time: so does Lambda."""

    def __init__(self) -> None:
        from app import app  # noqa: PLC0415 - like a function, in an environment that is complete

        leave_log_unwritten()
        self._app: Any = app
        self._events = EventConverter(RouteMatcher(list(app.routes)), app.api.binary_types)
        self.api_key = wiring.open_tenant()("Benchmarks").text

    def start(self, **policy: object) -> Json:
        """A new session."""
        return self.call(self.start_event(**policy))

    def start_event(self, **policy: object) -> Event:
        """The request that starts a session."""
        return self.event("/api/sessions/start", {"policy": policy}, self.api_key)

    def frame_event(self, session: Json, seq: int, picture: bytes, *, at_s: float | None = None) -> Event:
        """The request that sends a frame, as API Gateway hands it over; `at_s` since the session's start."""
        body = {"frame": f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}", "seq": seq}
        if at_s is not None:
            captured_at = datetime.fromisoformat(session["start_time"]) + timedelta(seconds=at_s)
            body["captured_at"] = captured_at.isoformat(timespec="milliseconds")
        return self.event(f"/api/sessions/{session['session_id']}/frame", body, session["session_token"])

    def event(self, path: str, body: Json, credential: str) -> Event:
        """A POST request, as API Gateway hands it over."""
        headers = {
            "host": "api.test",
            "content-type": "application/json",
            "authorization": f"Bearer {credential}",
        }
        return self._events.create_lambda_event("POST", path, headers, json.dumps(body).encode())

    def call(self, event: Event) -> Json:
        """The answer. Raises RuntimeError for any but a good one."""
        said: Json = json.loads(self.answer(event)["body"])
        return said

    def answer(self, event: Event) -> Json:
        """The answer as API Gateway gets it. Raises RuntimeError for any but a good one."""
        answered: Json = self._app(event, None)
        if answered["statusCode"] != HTTPStatus.OK:
            raise RuntimeError(
                f"{event['requestContext']['resourcePath']}: {answered['statusCode']} {answered['body']}"
            )
        return answered
