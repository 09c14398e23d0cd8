"""Change an attempt, again if another write came between."""

from collections.abc import Callable

from chalicelib.domain.attempts import Attempt
from chalicelib.domain.errors import NotFound
from chalicelib.domain.exams import Exam
from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Attempts, Exams

Place = tuple[str, str, str]
"""An attempt: its tenant, its exam, its candidate."""

NO_EXAM = "There is no such exam; check its id."


def changed(
    attempts: Attempts, place: Place, step: Callable[[Attempt], Attempt], answers: str | None = None
) -> tuple[Attempt, bool]:
    """The attempt after the step, and whether it changed. Raises NotFound, StaleExam, and what the step does.

    A step that changes nothing returns what it was given.
    """

    def once() -> tuple[Attempt, bool]:
        attempt = attempts.load(*place)
        after = step(attempt)
        return (attempt, False) if after is attempt else (attempts.save(after, answers), True)

    return settled(once)


def own(exams: Exams, attempts: Attempts, place: Place) -> tuple[Exam, Attempt]:
    """A candidate's exam and attempt. Raises NotFound, in the same words for one that is not theirs."""
    tenant_id, exam_id, _ = place
    try:
        return exams.load(tenant_id, exam_id), attempts.load(*place)
    except NotFound as exc:
        raise NotFound(NO_EXAM) from exc
