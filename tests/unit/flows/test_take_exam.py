"""Taking an exam: started once, resumed, handed in, late; and whatever dies in between is repaired."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.domain.attempts import Attempt, AttemptState, state, taken_until
from chalicelib.domain.errors import (
    AttemptNotStarted,
    AttemptOver,
    Conflict,
    DeadlinePassed,
    ExamNotOpen,
    ExamOver,
    NotFound,
    OutdatedAnswers,
    UpstreamDown,
)
from chalicelib.domain.exams import Accommodation, Exam
from chalicelib.domain.model import AttemptOf, EndedBy, FrameRecord, Session, Status
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import Report, Summary
from chalicelib.flows.open_session import OpenSession
from chalicelib.flows.read_results import ReadResults
from chalicelib.flows.take_exam import FindAttempt, StartAttempt, Started, Submission, SubmitAnswers
from tests.fake_exams import FakeAttempts
from tests.fake_sessions import FakeSessions
from tests.fakes import FakeSummarizer, Inline
from tests.observations import STARTED_AT
from tests.unit.flows.world import SESSION_S, TENANT, World

NOON = STARTED_AT
PLACE = (TENANT, "e-1", "c-1")
EXAM = Exam(
    TENANT,
    "e-1",
    "Algebra",
    NOON,
    NOON + 7200,
    3600,
    NOON - 60,
    grace_s=30,
    policy={"yaw_deg": 20.0, "after_frames": {"looking_away": 7}},
)
EASED = Accommodation(600, policy={"yaw_deg": 60.0, "text": False, "labels": True}, note="by letter")
ATTEMPT = Attempt(TENANT, "e-1", "c-1", "ann@example.org", "Ann", "s-1", NOON - 50, EASED)


class DownError(Exception):
    """The process died."""


@dataclass
class Room(World):
    """A world in which an exam is taken."""

    exam: Exam = EXAM
    attempt: Attempt = ATTEMPT
    consent: dict[str, Any] = field(default_factory=lambda: {"given": True})

    def __post_init__(self) -> None:
        self.exams.create(self.exam, "[]", None)
        self.attempts.create(self.attempt)

    def begin(self, candidate_id: str = "c-1") -> Started:
        opener = OpenSession(
            self.sessions, self.tenants, self.clock, self.ids.pop, emotions_allowed=self.emotions_allowed
        )
        flow = StartAttempt(self.exams, self.attempts, self.sessions, opener, self.clock)
        return flow(TENANT, "e-1", candidate_id, self.consent)

    def submit(self, answers: str = '"x"', revision: int | None = None, *, final: bool = True) -> Submission:
        flow = SubmitAnswers(self.exams, self.attempts, self.ender, self.clock)
        return flow(PLACE, answers, revision, final=final)

    @property
    def stored(self) -> Attempt:
        return self.attempts.load(*PLACE)

    @property
    def answers(self) -> str | None:
        return self.attempts.answers(*PLACE)

    @property
    def results(self) -> ReadResults:
        return ReadResults(self.exams, self.attempts, self.sessions, Inline())

    @property
    def finder(self) -> FindAttempt:
        return FindAttempt(self.exams, self.attempts, self.sessions)


def test_a_start_opens_a_session_under_the_exams_policy_with_the_accommodation_over_it() -> None:
    room = Room()

    started = room.begin()

    assert started == Started(EXAM, room.stored, room.session, resumed=False)
    assert room.session == Session(
        TENANT,
        "s-1",
        NOON,
        policy=Policy(yaw_deg=60.0, text=False, after_frames={"looking_away": 7}),
        job={"exam_id": "e-1", "title": "Algebra"},
        candidate={"candidate_id": "c-1"},
        consent={"given": True},
        attempt=AttemptOf("e-1", "c-1", {"yaw_deg": 20.0, "text": True}),
    )
    assert room.stored.started_at == NOON


def test_a_start_again_is_the_same_session_with_the_first_consent_and_deadline() -> None:
    room = Room()
    first = room.begin()
    room.clock.at += 100
    room.consent = {"given": False}

    again = room.begin()

    assert again == replace(first, resumed=True)
    assert room.attempts.writes == 2


def test_what_is_noted_of_an_accommodation_is_what_holds_for_the_tenants_others() -> None:
    room = Room(
        attempt=replace(ATTEMPT, accommodation=Accommodation(policy={"pitch_deg": 50.0, "text": False}))
    )
    room.tenants.change(TENANT, policy={"pitch_deg": 35.0, "text": False})

    accommodated = room.begin().session.attempt

    assert accommodated == AttemptOf("e-1", "c-1", {"pitch_deg": 35.0})


def test_what_is_changed_of_the_exam_does_not_change_the_policy_of_a_session_that_runs() -> None:
    room = Room()
    room.begin()
    room.exams.save(replace(EXAM, policy={"yaw_deg": 5.0}))

    assert room.begin().session.policy.yaw_deg == 60.0


@pytest.mark.parametrize(
    ("at", "refusal"),
    [(NOON - 1, ExamNotOpen), (NOON + 7201, ExamOver)],
)
def test_an_exam_that_is_not_open_opens_no_session(at: float, refusal: type[Exception]) -> None:
    room = Room()
    room.clock.at = at

    with pytest.raises(refusal):
        room.begin()
    with pytest.raises(NotFound):
        room.sessions.load(TENANT, "s-1")


def test_an_exam_of_others_and_one_that_is_absent_are_not_found_in_the_same_words() -> None:
    room = Room()
    absent = replace(room.exam, exam_id="e-9")

    with pytest.raises(NotFound) as foreign:
        room.begin("c-2")
    room.exams.stored = {(TENANT, "e-9"): absent}
    with pytest.raises(NotFound) as gone:
        room.begin()
    assert str(foreign.value) == str(gone.value) == "There is no such exam; check its id."


def test_a_session_that_was_opened_just_before_a_crash_is_gone_on_with() -> None:
    class Dying(FakeAttempts):
        def before_write(self, attempt: Attempt) -> None:
            if attempt.started_at is not None and not self.writes:
                self.writes += 1
                raise DownError

    room = Room()
    room.attempts = Dying(stored=room.attempts.stored)
    with pytest.raises(DownError):
        room.begin()
    unfinished = room.stored
    room.clock.at += 60

    again = room.begin()

    assert unfinished.started_at is None
    assert (again.resumed, again.session.session_id, again.attempt.started_at) == (True, "s-1", NOON)
    assert room.stored == again.attempt


def test_two_starts_at_once_are_one_session() -> None:
    class Racing(FakeSessions):
        meanwhile: Callable[[], object] | None = None

        def load(self, tenant_id: str, session_id: str) -> Session:
            try:
                return super().load(tenant_id, session_id)
            finally:
                race, self.meanwhile = self.meanwhile, None
                if race:
                    race()

    sessions = Racing()
    room = Room(sessions=sessions)
    others = []
    sessions.meanwhile = lambda: others.append(room.begin())

    mine = room.begin()

    assert (mine.resumed, others[0].resumed) == (True, False)
    assert mine.session == others[0].session
    assert mine.attempt == others[0].attempt == room.stored


def test_who_is_unassigned_while_they_start_is_not_started() -> None:
    class Racing(FakeAttempts):
        def before_write(self, attempt: Attempt) -> None:
            if attempt.started_at is not None:
                self.stored.clear()

    room = Room()
    room.attempts = Racing(stored=room.attempts.stored)

    with pytest.raises(NotFound, match="no such exam"):
        room.begin()


def test_a_session_that_was_ended_or_erased_is_not_started_again() -> None:
    ended, erased, untied = Room(), Room(), Room()
    for room in (ended, erased, untied):
        room.begin()
    ended.end()
    erased.erase()
    untied.end()
    untied.attempts.stored[PLACE] = replace(untied.stored, outcome=None)

    for room in (ended, erased, untied):
        with pytest.raises(AttemptOver):
            room.begin()


def test_a_draft_is_kept_and_the_session_goes_on() -> None:
    room = Room()
    room.begin()

    kept = room.submit('{"1": "a"}', final=False)

    assert (kept.stored, kept.attempt.revision, kept.attempt.submitted_at) == (True, 1, None)
    assert (room.answers, room.session.status) == ('{"1": "a"}', Status.ACTIVE)


def test_submitting_keeps_the_answers_ends_the_session_and_ties_the_report_to_the_attempt() -> None:
    room = Room()
    room.begin()
    room.clock.at += 60

    kept = room.submit('{"1": "b"}')

    report = room.sessions.report(TENANT, "s-1")
    assert report is not None
    assert (kept.stored, room.answers, room.session.status) == (True, '{"1": "b"}', Status.ENDED)
    assert room.stored.submitted_at == NOON + 60
    assert room.stored.outcome is not None
    assert (room.stored.outcome.ended_at, room.stored.outcome.ended_by) == (NOON + 60, EndedBy.CALLER)
    assert room.stored.outcome.integrity_score == report.integrity.score


def test_answers_submitted_again_in_time_replace_the_first_and_the_report_stays() -> None:
    room = Room()
    room.begin()
    room.submit('"first"')
    report = room.sessions.report(TENANT, "s-1")
    outcome = room.stored.outcome
    room.clock.at += 10

    room.submit('"second"')

    assert (room.answers, room.stored.revision, room.stored.submitted_at) == ('"second"', 2, NOON)
    assert (room.sessions.report(TENANT, "s-1"), room.stored.outcome) == (report, outcome)


def test_an_older_draft_that_comes_late_changes_nothing_and_says_so() -> None:
    room = Room()
    room.begin()
    room.submit('"new"', 5, final=False)
    before = room.stored

    late = room.submit('"old"', 4, final=False)

    assert (late.stored, room.answers, room.stored) == (False, '"new"', before)
    assert room.session.status is Status.ACTIVE


def test_last_answers_older_than_the_draft_are_refused_rather_than_taken_for_handed_in() -> None:
    room = Room()
    room.begin()
    room.submit('"draft"', 37, final=False)

    with pytest.raises(OutdatedAnswers, match="37") as refused:
        room.submit('"from a page that counts anew"', 1)

    assert refused.value.kept is not None
    assert (refused.value.kept.revision, room.answers) == (37, '"draft"')
    assert room.stored.submitted_at is None
    assert room.session.status is Status.ACTIVE


def test_who_goes_on_gets_the_draft_that_is_kept() -> None:
    room = Room()
    room.begin()
    room.submit('"draft"', 37, final=False)

    again = room.begin()

    assert (again.resumed, again.answers, again.attempt.revision) == (True, '"draft"', 37)


def test_a_start_that_died_after_it_opened_the_session_was_in_time() -> None:
    room = Room()
    room.attempts.down.add("c-1")
    with pytest.raises(UpstreamDown):
        room.begin()
    room.attempts.down.clear()
    room.exams.save(replace(EXAM, closed_at=room.clock.at + 1, grace_s=3600))
    room.clock.at += 60

    assert room.begin().resumed


def test_a_draft_that_comes_too_late_does_not_end_the_session() -> None:
    room = Room()
    room.begin()
    room.clock.at += 3600 + 600 + 31

    with pytest.raises(DeadlinePassed):
        room.submit('"late"', final=False)

    assert room.session.status is Status.ACTIVE


def test_a_session_ended_for_lateness_ended_when_the_time_was_up() -> None:
    room = Room()
    room.begin()
    room.clock.at += 7200

    with pytest.raises(DeadlinePassed):
        room.submit('"late"')

    assert room.session.ended_at == taken_until(EXAM, room.stored)


def test_an_exam_that_nobody_ended_ended_when_its_time_was_up() -> None:
    room = Room()
    room.begin()
    room.clock.at += SESSION_S + 60

    room.end_abandoned("s-1")

    assert room.session.ended_at == taken_until(EXAM, room.stored)


def test_a_session_that_cannot_be_ended_takes_no_answers_back() -> None:
    class Unwilling(FakeSessions):
        def before_save(self, session: Session, frames: Sequence[FrameRecord]) -> None:
            super().before_save(session, frames)
            if session.status is Status.ENDED:
                raise UpstreamDown("The service's storage did not answer; try again.")

    room = Room(sessions=Unwilling())
    room.begin()

    room.submit('"mine"')

    assert (room.answers, room.stored.submitted_at) == ('"mine"', room.clock.at)


def test_a_browser_ends_no_exam_but_by_answers() -> None:
    room = Room()
    room.begin()

    with pytest.raises(Conflict, match="answers"):
        room.ender.by_browser(TENANT, "s-1")


def test_two_submits_at_once_are_one_result() -> None:
    class Racing(FakeAttempts):
        meanwhile: Callable[[], object] | None = None

        def before_write(self, attempt: Attempt) -> None:
            race, self.meanwhile = self.meanwhile, None
            if race and attempt.submitted_at is not None:
                race()

    room = Room()
    room.attempts = attempts = Racing(stored=room.attempts.stored)
    room.begin()
    attempts.meanwhile = lambda: room.submit('"other"')

    room.submit('"mine"')

    assert (room.answers, room.stored.revision) == ('"mine"', 2)
    assert room.sessions.journal.count("keep_report") == 1
    assert room.summarizer.times == 1


def test_answers_outlive_a_crash_before_the_session_is_ended_and_the_next_call_ends_it() -> None:
    class Dying(FakeSessions):
        dies: bool = True

        def before_save(self, session: Session, frames: object) -> None:  # noqa: ARG002
            if self.dies:
                raise DownError

    sessions = Dying()
    room = Room(sessions=sessions)
    room.begin()
    with pytest.raises(DownError):
        room.submit('"mine"', 3)
    assert (room.answers, room.stored.submitted_at, room.session.status) == ('"mine"', NOON, Status.ACTIVE)
    sessions.dies = False

    again = room.submit('"mine"', 3)

    assert (again.attempt.revision, room.session.status) == (3, Status.ENDED)
    assert room.stored.outcome is not None


def test_who_comes_too_late_is_refused_keeps_what_came_before_and_has_the_session_ended() -> None:
    room = Room()
    room.begin()
    room.submit('"draft"', final=False)
    room.clock.at += 3600 + 600 + 31

    with pytest.raises(DeadlinePassed) as late:
        room.submit('"late"')

    assert late.value.kept is not None
    assert (room.answers, late.value.kept.revision, late.value.kept.submitted) == ('"draft"', 1, False)
    assert (room.session.status, room.session.ended_by) == (Status.ENDED, EndedBy.SERVICE)
    assert state(EXAM, room.stored, room.clock.at) is AttemptState.OVER
    assert room.stored.outcome is not None


def test_a_close_that_is_put_off_gives_more_time_to_who_sits_in_the_exam() -> None:
    room = Room(exam=replace(EXAM, closes_at=NOON + 1800))
    room.begin()
    room.clock.at += 1800 + 600 + 31
    room.exams.save(replace(EXAM, closes_at=NOON + 3000, version=0))

    assert room.submit().stored


def test_answers_without_a_start_and_of_somebody_else_are_refused() -> None:
    room = Room()

    with pytest.raises(AttemptNotStarted):
        room.submit()
    with pytest.raises(NotFound, match="no such exam"):
        SubmitAnswers(room.exams, room.attempts, room.ender, room.clock)(
            (TENANT, "e-1", "c-2"), "1", None, final=True
        )


def test_answers_count_though_the_session_was_erased() -> None:
    room = Room()
    room.begin()
    room.erase()

    assert room.submit('"mine"').stored
    assert room.answers == '"mine"'


def end_by_key(room: Room) -> None:
    room.end()


def end_as_abandoned(room: Room) -> None:
    room.clock.at += SESSION_S + 1
    room.end_abandoned()


@pytest.mark.parametrize(("end", "by"), [(end_by_key, EndedBy.CALLER), (end_as_abandoned, EndedBy.SERVICE)])
def test_the_outcome_is_tied_however_the_session_ends(end: Callable[[Room], None], by: EndedBy) -> None:
    room = Room()
    room.begin()

    end(room)

    assert room.stored.outcome is not None
    assert (room.stored.outcome.ended_by, room.stored.submitted_at) == (by, None)


def test_an_outcome_that_could_not_be_tied_is_tied_when_the_end_is_asked_for_again() -> None:
    room = Room()
    room.begin()
    room.attempts.down.add("c-1")
    with pytest.raises(UpstreamDown):
        room.end()
    assert room.stored.outcome is None
    written = room.sessions.report(TENANT, "s-1")

    seen_before = room.results.page(TENANT, "e-1", 9, None)[1].items[0].outcome
    room.attempts.down.clear()

    assert room.end() == written
    assert room.stored.outcome == seen_before is not None


def test_a_session_whose_attempt_is_gone_ends_as_any_other() -> None:
    room = Room()
    room.begin()
    room.attempts.stored.clear()

    assert isinstance(room.end(), Report)


def test_the_words_of_the_report_are_written_of_what_scorers_see() -> None:
    shown: list[Report] = []

    class Reading(FakeSummarizer):
        def summarize(self, report: Report) -> Summary:
            shown.append(report)
            return super().summarize(report)

    room = Room(summarizer=Reading())
    room.begin()

    written = room.end()

    assert (written.policy.text, shown[0].policy.text) == (False, True)
    assert written.attempt == AttemptOf("e-1", "c-1", {"yaw_deg": 20.0, "text": True})


def test_a_result_has_answers_and_report_and_an_outcome_though_only_the_report_knows() -> None:
    room = Room()
    room.begin()
    nothing = room.results.one(*PLACE)
    room.submit('"mine"')
    room.attempts.stored[PLACE] = replace(room.stored, outcome=None)

    result = room.results.one(*PLACE)

    assert (nothing.answers, nothing.report, nothing.attempt.outcome) == (None, None, None)
    assert (result.answers, result.report) == ('"mine"', room.sessions.report(TENANT, "s-1"))
    assert result.attempt.outcome is not None
    with pytest.raises(NotFound):
        room.results.one(TENANT, "e-1", "c-2")
    with pytest.raises(NotFound):
        room.results.page(TENANT, "e-2", 9, None)


def test_a_session_and_its_attempt_find_each_other() -> None:
    room = Room()
    with pytest.raises(AttemptNotStarted):
        room.finder.session_of(PLACE)
    room.begin()
    room.start(session_id="s-2")

    assert room.finder.session_of(PLACE) == "s-1"
    assert room.finder.place_of(TENANT, "s-1", None) == room.finder.place_of(TENANT, "s-1", "e-1") == PLACE
    for session_id, exam_id in (("s-1", "e-2"), ("s-2", None)):
        with pytest.raises(NotFound, match="no such exam"):
            room.finder.place_of(TENANT, session_id, exam_id)
