"""Every Lambda entry point: the API, and what queues and schedules call."""

import gc

gc.disable()  # what is imported stays: looking through it again and again is a tenth of a cold start

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, CORSConfig, Rate, Response, SQSEvent

from chalicelib import telemetry, wiring
from chalicelib.api import problems
from chalicelib.api.account import account
from chalicelib.api.alerts import alerts
from chalicelib.api.attempts import attempts
from chalicelib.api.candidates import candidates
from chalicelib.api.exam_results import exam_results
from chalicelib.api.exams import exams
from chalicelib.api.faces import faces
from chalicelib.api.frames import frames
from chalicelib.api.identity import identity
from chalicelib.api.images import images
from chalicelib.api.keys import keys
from chalicelib.api.people import people
from chalicelib.api.presence import presence
from chalicelib.api.reports import reports
from chalicelib.api.service import service
from chalicelib.api.sessions import sessions
from chalicelib.api.tenant import tenant
from chalicelib.api.webhooks import webhooks
from chalicelib.settings import from_environment
from chalicelib.workers import jobs

settings = from_environment()
telemetry.configure(stage=settings.stage, level=settings.log_level)

app = Chalice(app_name="proctoring", configure_logs=False)
app.api.binary_types = [*app.api.binary_types, "multipart/form-data"]
cors = CORSConfig(
    settings.cors_origin,
    allow_headers=["Authorization", "Idempotency-Key"],
    max_age=600,
    expose_headers=["Retry-After", "x-amzn-RequestId", "Detection-Engine", "Detection-Fallback"],
)
app.api.cors = cors


@app.middleware("http")
def answer_in_one_voice(event: Any, get_response: Callable[[Any], Response]) -> Response:  # noqa: ANN401
    """Give every log line the request's id, and chalice's own errors the form of ours."""
    with telemetry.request(event.context.get("requestId", ""), event.method, event.path):
        response = get_response(event)
        telemetry.tell(status=response.status_code)
    if (
        response.status_code < HTTPStatus.BAD_REQUEST
        or response.headers.get("Content-Type") == problems.MEDIA_TYPE
    ):
        return response
    answer = problems.generic(
        response.status_code, event.path.format(**event.uri_params or {}), response.headers
    )
    answer.headers |= cors.get_access_control_headers()
    return answer


for blueprint in (
    *(sessions, identity, frames, presence, reports, alerts, faces),
    *(keys, tenant, account, people),
    *(exams, candidates, attempts, exam_results),
    *(images, webhooks),
    service,
):
    app.register_blueprint(blueprint)


@app.on_sqs_message(queue=settings.jobs_queue, batch_size=10)
def run_job(event: SQSEvent) -> dict[str, Any]:
    """Work on what was handed over; only what failed comes back."""
    return jobs.run_batch(event.to_dict()["Records"], getattr(event.context, "aws_request_id", ""))


@app.schedule(Rate(1, unit=Rate.HOURS))
def close_abandoned(event: CloudWatchEvent) -> None:
    """Hand over the sessions that nobody ended."""
    with telemetry.scheduled("close_abandoned", getattr(event.context, "aws_request_id", "")):
        wiring.close_abandoned()()


gc.enable()
gc.freeze()
