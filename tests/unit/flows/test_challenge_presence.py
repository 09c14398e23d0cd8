"""A challenge is asked for, done before the camera and told in the report, whatever happens meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from chalicelib.api.presence import challenge_of
from chalicelib.domain import attention
from chalicelib.domain.challenges import Action, Challenge, Reason, State
from chalicelib.domain.errors import (
    Busy,
    Conflict,
    NotFound,
    SessionEnded,
    TooManyRequests,
    VisionUnavailable,
)
from chalicelib.domain.model import Session
from chalicelib.domain.movements import judged
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Kind, Look, Observation, Why
from chalicelib.flows.challenge_presence import ChallengePresence, Movements
from chalicelib.flows.tenant_spend import Budget
from tests import fakes
from tests import observations as show
from tests.fake_presence import FakeLiveness
from tests.observations import STARTED_AT, head
from tests.unit.flows.world import SESSION, TENANT, World, person, started

SHOWN = {
    "straight": lambda number: show.seen(number, faces=(head(),)),
    "left": lambda number: show.seen(number, faces=(head(yaw=35.0),)),
    "right": lambda number: show.seen(number, faces=(head(yaw=-35.0),)),
}
"""With `choose` as below, a challenge is: turn left, then right."""
LEFT_THEN_RIGHT = (Action.TURN_LEFT, Action.TURN_RIGHT)


def choose(numbers: Sequence[int]) -> int:
    """The first: two steps, the first two movements."""
    return numbers[0]


@pytest.fixture(autouse=True)
def _heads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakes, "SHOWN", {**fakes.SHOWN, **SHOWN})


@dataclass
class Asking:
    """A world in which candidates are asked."""

    world: World = field(default_factory=started)
    liveness: FakeLiveness = field(default_factory=FakeLiveness)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def flow(self) -> ChallengePresence:
        return ChallengePresence(
            self.world.sessions,
            {"movements": Movements(choose), "rekognition": self.liveness},
            self.world.apart,
            self.world.clock,
            lambda: f"c-{next(self.numbers)}",
        )

    def ask(self, at_s: float = 0.5, **wanted: object) -> Session:
        self.world.clock.at = STARTED_AT + at_s
        return self.flow.ask(TENANT, SESSION, **wanted)  # type: ignore[arg-type]

    def read(self, at_s: float) -> Session:
        self.world.clock.at = STARTED_AT + at_s
        return self.flow.read(TENANT, SESSION)

    def watch(self, *words: str) -> list[Observation]:
        self.world.clock.at = STARTED_AT + max(int(each.split()[1]) for each in words)
        return [each.observation for each in self.world.records(*words)]

    @property
    def last(self) -> Challenge:
        return self.world.session.challenges[-1]


@pytest.fixture
def asking() -> Asking:
    return Asking()


def with_liveness() -> Asking:
    return Asking(started(Policy(liveness="rekognition")))


def trusting(asking: Asking) -> Asking:
    """The same with a gate that doubts only what looks otherwise."""
    asking.world.gate.trusting = True
    return asking


def state_of(session: Session) -> tuple[State, Reason | None]:
    now = judged(session.challenges[-1], session.policy)
    return now.state, now.reason


def test_a_challenge_that_is_done_is_passed_and_told_in_the_report_with_its_pictures(asking: Asking) -> None:
    asked = asking.ask()
    asking.watch("straight 1", "left 2", "person 3", "right 4")
    report = asking.world.end()

    assert asked.challenges[-1].steps == LEFT_THEN_RIGHT
    assert report.presence
    (told,) = report.presence.challenges
    assert (told.status, told.reason, report.presence.passed) == (State.PASSED, None, 1)
    assert [each.frame_number for each in told.evidence] == [1, 2, 4]
    assert asking.world.tidy() == 0
    assert asking.world.pictures == ["straight 1", "left 2", "right 4"]
    assert asking.world.alerts == []


def test_where_no_pictures_are_kept_the_report_points_at_none() -> None:
    asking = Asking(started(Policy(keep_frames="none")))
    asking.ask()
    asking.watch("straight 1", "left 2", "right 3")
    report = asking.world.end()

    assert report.presence
    assert [each.evidence for each in report.presence.challenges] == [()]
    assert asking.world.pictures == []


def test_without_a_challenge_the_report_says_nothing_of_presence(asking: Asking) -> None:
    asking.watch(*person(1, 2))

    assert asking.world.end().presence is None


def test_while_one_is_open_every_frame_asks_for_the_face_and_then_no_longer(asking: Asking) -> None:
    before = trusting(asking).watch("straight 1", "straight 2")
    asking.ask(at_s=2.5)
    during = asking.watch("straight 3", "left 4", "right 5")
    after = asking.watch("right 6")

    def looks(seen: list[Observation]) -> list[Look]:
        return [each.looks[Kind.FACES] for each in seen]

    assert looks(before) == [Look.ASKED, Look.REUSED]
    assert looks(during) == [Look.ASKED] * 3
    assert {each.why.get(Kind.FACES) for each in during} == {Why.CHALLENGE}
    assert looks(after) == [Look.REUSED]


def test_who_turns_the_head_because_they_were_asked_to_does_not_look_away(asking: Asking) -> None:
    asking.world.clock.at = STARTED_AT
    asking.watch(*(f"left {number}" for number in range(1, 5)))
    asking.ask(at_s=4.5)
    asking.watch("straight 5", *(f"left {number}" for number in range(6, 14)))

    assert asking.world.alerts == []


def test_an_outage_is_not_told_and_costs_no_try(asking: Asking) -> None:
    asking.ask()
    asking.watch("straight 1", "outage 2", "right 3")
    over = asking.read(at_s=60.0)

    assert state_of(over) == (State.NOT_TOLD, Reason.OUTAGE)
    assert asking.ask(at_s=61.0).challenges[-1].is_open


def test_a_call_that_is_withheld_is_an_outage_too() -> None:
    asking = Asking(started(Policy(calls_per_hour=1)))
    asking.watch("straight 1")
    asking.ask(at_s=1.5)
    (seen,) = asking.watch("left 2")

    assert seen.looks[Kind.FACES] is Look.WITHHELD
    assert state_of(asking.read(at_s=60.0)) == (State.NOT_TOLD, Reason.OUTAGE)


def test_frames_that_come_in_any_order_and_twice_have_the_same_outcome(asking: Asking) -> None:
    asking.ask()
    asking.watch("right 4", "left 2", "left 2", "straight 1", "straight 3")

    assert state_of(asking.read(at_s=5.0)) == (State.PASSED, None)


def test_reading_after_the_end_says_the_outcome_without_a_write(asking: Asking) -> None:
    asking.ask()
    writes = len(asking.world.sessions.journal)

    assert state_of(asking.read(at_s=29.0)) == (State.OPEN, None)
    assert state_of(asking.read(at_s=34.0)) == (State.FAILED, Reason.DEADLINE)
    assert len(asking.world.sessions.journal) == writes


def test_when_the_tries_are_used_up_nobody_is_asked_any_more(asking: Asking) -> None:
    for number in range(3):
        asking.ask(at_s=40.0 * number)

    with pytest.raises(Conflict, match="tries"):
        asking.ask(at_s=200.0)
    report = asking.world.end()
    assert report.presence
    assert (report.presence.failed, report.alert_count, report.integrity.deductions) == (3, 0, ())


def test_of_a_session_that_ended_nothing_is_asked(asking: Asking) -> None:
    asking.ask()
    asking.world.end()

    with pytest.raises(SessionEnded):
        asking.ask()
    assert state_of(asking.read(at_s=100.0)) == (State.NOT_TOLD, Reason.SESSION_ENDED)


def test_of_no_session_nothing_is_asked(asking: Asking) -> None:
    with pytest.raises(NotFound):
        asking.flow.ask(TENANT, "absent")
    with pytest.raises(NotFound):
        asking.flow.read(TENANT, "absent")


def test_a_frame_that_comes_between_loses_nothing(asking: Asking) -> None:
    def frame_between(*_: object) -> None:
        asking.world.sessions.before_save = nothing  # type: ignore[assignment]
        asking.watch("straight 1")

    def nothing(*_: object) -> None:
        """Let the next ones be."""

    asking.world.sessions.before_save = frame_between  # type: ignore[assignment]
    asking.ask()

    assert (asking.world.session.settled.frames, len(asking.world.session.challenges)) == (1, 1)


def test_face_liveness_is_asked_for_only_where_the_policy_says_so(asking: Asking) -> None:
    with pytest.raises(Conflict, match="liveness"):
        asking.ask(kind="rekognition")

    assert with_liveness().ask().challenges[-1].kind == "rekognition"
    assert with_liveness().ask(kind="movements").challenges[-1].kind == "movements"


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (95.0, (State.PASSED, None)),
        (40.0, (State.FAILED, Reason.NOT_LIVE)),
        ("EXPIRED", (State.FAILED, Reason.PROVIDER)),
    ],
)
def test_the_result_of_face_liveness_is_fetched_when_somebody_reads(
    result: float | str, outcome: tuple[State, Reason | None]
) -> None:
    asking = with_liveness()
    asking.ask()
    unfinished = state_of(asking.read(at_s=20.0))
    asking.liveness.say(asking.last, result)

    assert unfinished == (State.OPEN, None)
    assert state_of(asking.read(at_s=400.0)) == outcome
    assert state_of(asking.world.session) == outcome
    report = asking.world.end()
    assert report.presence
    assert (report.presence.usd, report.alert_count) == (0.015, 0)


def test_face_liveness_counts_towards_the_budgets_at_its_price() -> None:
    asking = with_liveness()
    asking.world.budget = Budget(0.001, 100)
    session = asking.ask()

    assert asking.world.ledger.spend(TENANT, 0, asking.world.clock.at) == 15
    assert session.watch == attention.counted(session.watch, 0, 0.5)
    assert session.watch.calls == 15


def test_while_face_liveness_is_open_frames_ask_for_no_more_than_else() -> None:
    asking = trusting(with_liveness())
    asking.watch("straight 1")
    asking.ask(at_s=1.5)

    assert [each.looks[Kind.FACES] for each in asking.watch("straight 2")] == [Look.REUSED]


def test_a_provider_that_is_down_begins_nothing_and_decides_nothing() -> None:
    asking = with_liveness()
    asking.ask()
    asking.liveness.down = True

    with pytest.raises(VisionUnavailable):
        asking.read(at_s=20.0)
    with pytest.raises(VisionUnavailable):
        asking.ask(at_s=30.0)
    assert [each.state for each in asking.world.session.challenges] == [State.OPEN]


def test_side_by_side_no_more_checks_are_begun_than_there_are_tries() -> None:
    asking = Asking(started(Policy(liveness="rekognition", challenge_tries=1)))

    def again() -> None:
        with pytest.raises(Conflict):
            asking.ask()

    asking.liveness.meanwhile = again
    asking.ask()

    assert asking.liveness.begun == {"c-1": 1}
    assert [each.state for each in asking.world.session.challenges] == [State.OPEN]


def test_a_check_that_is_superseded_while_it_is_begun_is_paid_for_and_told() -> None:
    asking = with_liveness()
    asking.liveness.meanwhile = lambda: asking.ask(at_s=0.9)
    asking.ask()

    assert [(each.state, each.usd) for each in asking.world.session.challenges] == [
        (State.SUPERSEDED, 0.015),
        (State.OPEN, 0.015),
    ]
    assert asking.last.liveness_session_id == "session-of-c-2"


def test_before_a_check_is_begun_there_is_none_to_read() -> None:
    asking = with_liveness()
    read: list[Session] = []
    asking.liveness.meanwhile = lambda: read.append(asking.read(at_s=0.5))
    asking.ask()

    assert [each.challenges for each in read] == [()]
    assert (asking.world.session.beginning, asking.last.state) == ({}, State.OPEN)


def test_a_check_that_costs_nothing_is_begun_all_the_same() -> None:
    asking = with_liveness()
    asking.liveness.usd = 0.0
    asking.ask()

    assert (asking.last.liveness_session_id, asking.liveness.begun) == ("session-of-c-1", {"c-1": 1})


def test_while_a_check_is_begun_in_vain_frames_go_on_showing_the_movements_of_the_one_before() -> None:
    asking = with_liveness()
    asking.ask(kind="movements")

    def provider_hangs() -> None:
        asking.watch("straight 1", "left 2", "right 3")
        asking.liveness.down = True

    asking.liveness.meanwhile = provider_hangs
    with pytest.raises(VisionUnavailable):
        asking.ask(at_s=0.7)

    assert state_of(asking.read(at_s=60.0)) == (State.PASSED, None)
    assert len(asking.world.session.challenges) == 1


def test_a_check_that_takes_long_to_begin_supersedes_no_movements_that_were_done_meanwhile() -> None:
    asking = with_liveness()
    asking.ask(kind="movements")
    asking.liveness.meanwhile = lambda: asking.watch("straight 1", "left 2", "right 3")
    asking.ask(at_s=0.7)

    assert [each.state for each in asking.world.session.challenges] == [State.PASSED, State.OPEN]


def test_of_two_checks_side_by_side_one_that_is_not_begun_leaves_nothing() -> None:
    asking = with_liveness()

    def another_and_then_none() -> None:
        asking.ask()
        asking.liveness.down = True

    asking.liveness.meanwhile = another_and_then_none
    with pytest.raises(VisionUnavailable):
        asking.ask()

    session = asking.world.session
    assert [(each.id, each.state, each.usd) for each in session.challenges] == [("c-2", State.OPEN, 0.015)]
    assert (session.beginning, session.watch.calls) == ({}, 15)


def test_a_try_of_a_process_that_died_is_given_back_in_time() -> None:
    asking = Asking(started(Policy(liveness="rekognition", challenge_tries=1)))
    asking.world.sessions.save(replace(asking.world.session, beginning={"dead": 30.0}))

    with pytest.raises(Conflict, match="tries"):
        asking.ask(at_s=29.0)
    asking.ask(at_s=30.0)

    assert (asking.world.session.beginning, asking.last.state) == ({}, State.OPEN)


def test_of_a_session_that_ends_while_a_check_is_begun_nothing_is_asked_any_more() -> None:
    asking = with_liveness()
    asking.liveness.meanwhile = asking.world.end

    with pytest.raises(SessionEnded):
        asking.ask()
    assert asking.world.session.challenges == ()


def test_who_may_spend_no_more_begins_no_check_and_loses_no_try() -> None:
    asking = with_liveness()
    asking.world.budget = Budget(0.001, 15)
    asking.ask()

    with pytest.raises(TooManyRequests):
        asking.ask(at_s=1.0)
    assert [each.state for each in asking.world.session.challenges] == [State.OPEN]


def test_a_rate_that_leaves_no_room_begins_no_check_and_takes_no_try() -> None:
    asking = with_liveness()
    asking.world.ledger.down = True

    with pytest.raises(Busy):
        asking.ask()
    assert (asking.liveness.begun, asking.world.session.challenges) == ({}, ())


def test_of_checks_side_by_side_the_one_that_was_asked_for_last_stays_open_whichever_is_begun_first() -> None:
    asking = with_liveness()
    asking.numbers = iter([2, 1])  # type: ignore[assignment]
    asking.liveness.meanwhile = lambda: asking.ask(at_s=0.5)
    asking.ask(at_s=0.9)

    told = asking.world.session.challenges
    assert [(each.id, each.issued_s, each.state) for each in told] == [
        ("c-1", 0.5, State.SUPERSEDED),
        ("c-2", 0.9, State.OPEN),
    ]


def test_side_by_side_checks_that_cost_nothing_are_no_more_than_there_are_tries_either() -> None:
    asking = Asking(started(Policy(liveness="rekognition", challenge_tries=1)), FakeLiveness(usd=0.0))

    def again() -> None:
        with pytest.raises(Conflict):
            asking.ask()

    asking.liveness.meanwhile = again
    asking.ask()

    assert asking.liveness.begun == {"c-1": 1}


def test_tries_that_are_being_taken_are_not_said_to_be_left() -> None:
    asking = with_liveness()
    left: list[int] = []

    def look() -> None:
        told = challenge_of(asking.read(at_s=0.6))
        assert told
        left.append(told.tries_left)

    asking.ask(kind="movements")
    asking.liveness.meanwhile = look
    asking.ask()

    assert left == [1]


@pytest.mark.parametrize("others", ["another result", "another check", "the end"])
def test_a_result_is_that_of_its_own_check_and_never_another_one(others: str) -> None:
    asking = with_liveness()
    asking.ask()
    asked = asking.last
    asking.liveness.say(asked, 95.0)

    def meanwhile() -> None:
        if others == "another result":
            asking.read(at_s=20.0)
            asking.liveness.say(asked, 40.0)
        elif others == "another check":
            asking.ask(at_s=20.0)
        else:
            asking.world.end()

    asking.liveness.meanwhile_judged = meanwhile
    asking.read(at_s=20.0)

    told = [(each.state, each.confidence) for each in asking.world.session.challenges]
    assert (
        told
        == {
            "another result": [(State.PASSED, 95.0)],
            "another check": [(State.SUPERSEDED, None), (State.OPEN, None)],
            "the end": [(State.NOT_TOLD, None)],
        }[others]
    )


def test_a_challenge_that_is_asked_for_by_a_clock_that_is_behind_stays_open(asking: Asking) -> None:
    asking.ask(at_s=10.0)
    asking.ask(at_s=9.8)
    asking.ask(at_s=9.8)

    told = [(each.id, each.issued_s, each.state) for each in asking.world.session.challenges]
    assert told == [
        ("c-1", 10.0, State.SUPERSEDED),
        ("c-2", 10.0, State.SUPERSEDED),
        ("c-3", 10.0, State.OPEN),
    ]


def test_a_frame_forgets_tries_whose_request_is_dead(asking: Asking) -> None:
    asking.world.sessions.save(replace(asking.world.session, beginning={"dead": 30.0, "new": 60.0}))
    asking.watch("straight 31")

    assert asking.world.session.beginning == {"new": 60.0}
