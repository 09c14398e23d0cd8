"""What the service says of itself: one logger, and the line that each piece of work ends with (Powertools).

Events and ids are logged, never pictures, tokens, names or e-mails. A request, a message and a run of the
schedule are `Work`: all lines written meanwhile carry its ids, and its last line carries what it came to, and
its metrics in CloudWatch's embedded metric format. A frame in which nothing is new costs that one line.
"""

import json
import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

NAMESPACE = "Proctoring"
DIMENSION = "stage"
"""The only one: each metric costs by the month for every value that a dimension takes."""
_MOST_CAUSES = 10


class Metric(Enum):
    """Name, unit and meaning of what is counted."""

    FRAMES_RECEIVED = (
        "FramesReceived",
        "Count",
        "Frames that were counted, each once however often it came.",
    )
    FRAMES_UNANALYSED = (
        "FramesUnanalysed",
        "Count",
        "Of them, those whose faces are not known: the provider did not answer, or a call was withheld.",
    )
    PROVIDER_CALLS = ("ProviderCalls", "Count", "Calls made to Rekognition, answered or not.")
    DETECT_FACES = ("DetectFaces", "Count", "Of them, those about faces.")
    DETECT_LABELS = ("DetectLabels", "Count", "Of them, those about objects.")
    DETECT_TEXT = ("DetectText", "Count", "Of them, those about text.")
    IDENTITY_LOOKS = ("IdentityLooks", "Count", "Of them, those about who is in view.")
    KNOWN_FACES = ("KnownFaces", "Count", "Of them, those that learned a face or looked for a known one.")
    PROVIDER_CALLS_FAILED = (
        "ProviderCallsFailed",
        "Count",
        "Kinds of fact that were asked for and not answered, or not in time.",
    )
    PROVIDER_USD = (
        "ProviderUsd",
        "None",
        "Dollars that the calls cost at `USD_PER_CALL`, and checks of presence at `USD_PER_LIVENESS`.",
    )
    WITHHELD_BY_BUDGET = (
        "CallsWithheldByBudget",
        "Count",
        "Calls wished for that the budget of the session or its tenant did not allow.",
    )
    WITHHELD_BY_RATE = (
        "CallsWithheldByRate",
        "Count",
        "Calls wished for that `REKOGNITION_TPS` left no room for.",
    )
    ALERTS_OPENED = ("AlertsOpened", "Count", "Alerts that a frame opened.")
    REQUESTS_REFUSED = (
        "RequestsRefusedByLimit",
        "Count",
        "Requests answered 429, because their tenant's limit for the minute is reached.",
    )
    SESSIONS_STARTED = ("SessionsStarted", "Count", "Sessions made.")
    SESSIONS_ENDED = ("SessionsEnded", "Count", "Sessions closed, whoever closed them.")
    WEBHOOKS_SENT = ("WebhooksSent", "Count", "Tries to tell a tenant's server something, answered or not.")
    WEBHOOKS_FAILED = (
        "WebhooksFailed",
        "Count",
        "Messages to tenants' servers that are not tried any more: see their deliveries.",
    )
    QUEUE_AGE = (
        "QueueAge",
        "Seconds",
        "From a message's sending to its being taken. Sweeps and what is held up wait on purpose.",
    )
    JOBS_FAILED = (
        "JobsFailed",
        "Count",
        "Messages whose job failed: they come back, five times at the most.",
    )

    def __init__(self, title: str, unit: str, meaning: str) -> None:
        self.title = title
        self.unit = unit
        self.meaning = meaning


class _Formatter(LambdaPowertoolsFormatter):
    """Tells of an exception what it is and where it was, never its text: that may repeat what was sent."""

    def format(self, record: logging.LogRecord) -> str:
        # A last line has its members already; the general way takes three times as long, for every frame.
        if not isinstance(record.msg, dict):
            return super().format(record)
        line = {
            "level": record.levelname,
            "message": "",
            "timestamp": self.formatTime(record),
            "service": self.log_format["service"],
            DIMENSION: self.log_format.get(DIMENSION),
            **self.thread_safe_get_current_keys(),
            "xray_trace_id": self._get_latest_trace_id(),
            **record.msg,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode({name: value for name, value in line.items() if value is not None})

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - the name and the type of logging
        error: BaseException | None = ei[1]
        told: list[str] = []
        for _ in range(_MOST_CAUSES):
            if error is None:
                break
            told += [_kind(error), *_places(error.__traceback__)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(told)

    def _extract_log_exception(self, log_record: logging.LogRecord) -> Any:  # noqa: ANN401
        text, name, _notes = super()._extract_log_exception(log_record)
        return text, name, None


logger = Logger(service="proctoring", logger_formatter=_Formatter(serialize_stacktrace=False))

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=str).encode
_last_lines = logging.getLogger("proctoring.work")


@dataclass(slots=True)
class Work:
    """One request, message or run: `with Work(...)` gives all lines its ids and writes the last one.

    What is known of it only later is added by `know`, `tell`, `took` and `count`, from its own thread.
    """

    ended: str
    """The event of its last line."""
    ids: Mapping[str, str]
    """Stand in every line; none of an earlier work of this thread does."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Stand in the last line."""
    counted: dict[Metric, float] = field(default_factory=dict)
    counts_if_failed: Metric | None = None
    _began: float = 0.0
    _token: Token["Work | None"] | None = None

    def __enter__(self) -> Self:
        logger.thread_safe_clear_keys()
        know(**self.ids)
        self._token = _current.set(self)
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.facts["duration_ms"] = _ms(time.perf_counter() - self._began)
        if error is not None:
            self.facts["error"] = type(error).__name__
            if self.counts_if_failed:
                self.counted[self.counts_if_failed] = 1
        level = logging.INFO if error is None else logging.ERROR
        line = {"message": self.ended, **self.facts, **_embedded(self.counted)}
        raised = (type(error), error, trace) if error is not None else None
        # Handled whatever LOG_LEVEL says: alarms live on these lines.
        _last_lines.handle(logging.LogRecord(_last_lines.name, level, "", 0, line, None, raised))
        logger.thread_safe_clear_keys()
        if self._token:
            _current.reset(self._token)


_current: ContextVar[Work | None] = ContextVar("work", default=None)


def configure(*, stage: str, level: str) -> None:
    """Set what a deployment decides; every line says its stage."""
    logger.setLevel(level)
    logger.append_keys(**{DIMENSION: stage})


def request(request_id: str, method: str, route: str) -> Work:
    """A request, by the pattern of its path; its status is to be told."""
    return Work("request_answered", {"request_id": request_id}, {"method": method, "route": route})


def job(record: Mapping[str, Any], request_id: str) -> Work:
    """A message out of a queue, as it stands in Lambda's event."""
    ids = {"request_id": request_id, "message_id": record.get("messageId", "")}
    sent_ms = record.get("attributes", {}).get("SentTimestamp")
    age = {Metric.QUEUE_AGE: round(max(0.0, time.time() - int(sent_ms) / 1000), 3)} if sent_ms else {}
    return Work("job_ended", ids, counted=age, counts_if_failed=Metric.JOBS_FAILED)


def scheduled(name: str, request_id: str) -> Work:
    """A run of the schedule."""
    return Work("run_ended", {"request_id": request_id}, {"run": name})


def know(**ids: str) -> None:
    """Put ids into every line from here on, those of threads included that begin from here."""
    logger.thread_safe_append_keys(**ids)


def tell(**facts: object) -> None:
    """Put facts into the last line of the present work."""
    if work := _current.get():
        work.facts |= facts


def took(**parts_s: float) -> None:
    """Add the seconds that a part of the work took; the last line says them in ms."""
    if work := _current.get():
        for part, seconds in parts_s.items():
            name = f"{part}_ms"
            work.facts[name] = round(work.facts.get(name, 0.0) + _ms(seconds), 1)


def count(metric: Metric, amount: float = 1) -> None:
    """Count for the present work; what is counted outside of any is counted nowhere."""
    if amount and (work := _current.get()):
        work.counted[metric] = work.counted.get(metric, 0) + amount


def _embedded(counted: Mapping[Metric, float]) -> dict[str, Any]:
    """The members of a log line that CloudWatch makes metrics of."""
    if not counted:
        return {}
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": metric.title, "Unit": metric.unit} for metric in counted],
    }
    values = {metric.title: round(amount, 6) for metric, amount in counted.items()}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _kind(error: BaseException) -> str:
    """The class of an exception, and the code of an AWS error."""
    reply = getattr(error, "response", None)
    code = reply.get("Error", {}).get("Code") if isinstance(reply, Mapping) else None
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name} ({code})" if code else name


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"  {code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places
