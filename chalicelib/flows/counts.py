"""What the flows count, as metrics of `chalicelib.telemetry`."""

from collections.abc import Mapping, Sequence

from chalicelib.domain.model import FrameRecord
from chalicelib.domain.seen import UNSEEN, Kind, Look
from chalicelib.telemetry import Metric, count

_OPERATIONS = {
    Kind.FACES: Metric.DETECT_FACES,
    Kind.LABELS: Metric.DETECT_LABELS,
    Kind.TEXT: Metric.DETECT_TEXT,
    Kind.IDENTITY: Metric.IDENTITY_LOOKS,
}


def frame(record: FrameRecord) -> None:
    """Count a frame once it is stored: one that was counted before is never stored again."""
    count(Metric.FRAMES_RECEIVED)
    count(Metric.FRAMES_UNANALYSED, record.observation.looks.get(Kind.FACES) in UNSEEN)
    count(Metric.ALERTS_OPENED, len(record.opened))


def calls(made: Sequence[Kind], looks: Mapping[Kind, Look], repeated: int, usd_per_call: float) -> None:
    """Count calls when they are made: they cost money, whatever becomes of their frame.

    `repeated` are those about faces beyond the first.
    """
    for kind in made:
        count(_OPERATIONS[kind])
        count(Metric.PROVIDER_CALLS_FAILED, looks.get(kind) is Look.FAILED)
    count(Metric.DETECT_FACES, repeated)
    count(Metric.PROVIDER_CALLS, len(made) + repeated)
    count(Metric.PROVIDER_USD, (len(made) + repeated) * usd_per_call)


def call(operation: Metric | None, usd: float, *, answered: bool) -> None:
    """Count a call that is not about a frame; `operation` is what it is beside one of all calls."""
    if operation:
        count(operation)
    count(Metric.PROVIDER_CALLS)
    count(Metric.PROVIDER_CALLS_FAILED, not answered)
    count(Metric.PROVIDER_USD, usd)


def withheld(wished: int, allowed: int, granted: int) -> None:
    """Count the calls that a frame wished for and did not get."""
    count(Metric.WITHHELD_BY_BUDGET, wished - allowed)
    count(Metric.WITHHELD_BY_RATE, allowed - granted)
