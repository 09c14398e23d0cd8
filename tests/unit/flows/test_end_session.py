"""Ending a session, tidying up after it, erasing it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain import reducer
from chalicelib.domain.errors import NotFound, SessionActive, SessionEnded, StaleSession, UpstreamDown
from chalicelib.domain.model import FrameRecord, Session, Status
from chalicelib.domain.policy import KeepFrames, Policy
from chalicelib.domain.report import Report, Summary
from chalicelib.domain.seen import Picture
from tests.fake_sessions import FakeSessions
from tests.fakes import FakeEvidence, FakeJobs, name_of
from tests.observations import STARTED_AT
from tests.unit.flows.world import (
    SESSION,
    TENANT,
    World,
    clean_report,
    nobody,
    person,
    started,
)

EPISODES = [*person(1, 2), *nobody(3, 4, 5), *person(*range(6, 14)), "guest 14", *person(*range(15, 45))]


def test_ending_closes_the_session_and_writes_its_report() -> None:
    world = started()
    world.records(*nobody(1, 2, 3, 4))
    world.clock.at += 60.0004

    written = world.end()

    assert (world.session.status, world.session.ended_at) == (Status.ENDED, STARTED_AT + 60.0)
    assert (written.session_id, written.session_duration, written.alert_count) == ("s-1", 60.0, 1)
    assert written.summary == Summary("rules", "It was watched; a person decides.", ())
    assert [alert.ended_at is not None for alert in world.alerts] == [True]
    assert world.sessions.report(TENANT, SESSION) == written


def test_the_report_lists_the_stored_alerts() -> None:
    world = started()
    world.records(*EPISODES)

    written = world.end()

    assert list(written.alerts) == world.alerts
    assert [alert.type for alert in written.alerts] == ["no_face_detected", "multiple_faces_detected"]


def test_an_unknown_session_cannot_be_ended() -> None:
    with pytest.raises(NotFound):
        World().end()


def test_ending_twice_gives_the_same_report() -> None:
    world = started()
    world.records("guest 1")

    first = world.end()
    world.clock.at += 3_600.0

    assert world.end() == first
    assert (world.summarizer.times, len(world.jobs.sent)) == (1, 1)


def test_the_report_can_be_read_again() -> None:
    world = started()
    written = world.end()

    assert world.ender.report(TENANT, SESSION) == written


def test_an_active_session_has_no_report() -> None:
    world = started()

    with pytest.raises(SessionActive):
        world.ender.report(TENANT, SESSION)

    assert world.session.status is Status.ACTIVE


def test_the_end_hands_over_the_tidying() -> None:
    world = started()

    world.end()

    assert world.jobs.sent == [{"job": "tidy_evidence", "tenant_id": TENANT, "session_id": SESSION}]


@dataclass
class DiesOnce(FakeSessions):
    """The report cannot be stored at first."""

    alive: bool = False

    def keep_report(self, session: Session, report: Report) -> Report:
        if not self.alive:
            self.alive = True
            raise UpstreamDown("The service's storage did not answer; try again.")
        return super().keep_report(session, report)


def test_a_call_that_died_half_way_is_finished_by_the_next_one() -> None:
    world = World(sessions=DiesOnce())
    world.start()
    world.records("guest 1")
    world.clock.at += 10.0
    with pytest.raises(UpstreamDown):
        world.end()
    world.clock.at += 90.0

    written = world.end()

    assert (written.session_duration, written.alert_count) == (10.0, 1)


def test_reading_the_report_finishes_a_dead_call_too() -> None:
    world = World(sessions=DiesOnce())
    world.start()
    with pytest.raises(UpstreamDown):
        world.end()

    assert world.ender.report(TENANT, SESSION).session_id == SESSION


@dataclass
class BrokenQueue(FakeJobs):
    """Takes no job at first."""

    broken: bool = True

    def send(self, job: str, *, delay_s: int = 0, **about: str) -> None:
        if self.broken:
            self.broken = False
            raise UpstreamDown("The service's queue did not answer; try again.")
        super().send(job, delay_s=delay_s, **about)


def test_the_report_does_not_wait_for_a_broken_queue() -> None:
    world = World(jobs=BrokenQueue())
    world.start()

    written = world.end()

    assert world.sessions.report(TENANT, SESSION) == written
    assert world.jobs.sent == []


@dataclass
class Overtaken(FakeSessions):
    """Frames come in while the session is being ended."""

    between: int = 3

    def before_save(self, session: Session, frames: Sequence[FrameRecord]) -> None:  # noqa: ARG002
        if session.status is Status.ENDED and self.between:
            self.between -= 1
            World(sessions=self).records(f"guest {self.between + 1}")


def test_frames_that_come_in_while_the_session_ends_belong_to_it() -> None:
    world = World(sessions=Overtaken())
    world.start()

    written = world.end()

    assert (written.coverage.received, written.alert_count) == (3, 1)


@dataclass
class NeverYields(FakeSessions):
    """Somebody is always quicker."""

    tries: int = 0

    def before_save(self, session: Session, frames: Sequence[FrameRecord]) -> None:  # noqa: ARG002
        self.tries += 1
        raise StaleSession("The session was changed at the same time.")


def test_an_end_that_is_always_overtaken_gives_up_and_says_so() -> None:
    world = World(sessions=NeverYields())
    world.start()

    with pytest.raises(StaleSession):
        world.end()

    assert isinstance(world.sessions, NeverYields)
    assert world.sessions.tries > 1


def test_a_very_late_frame_still_makes_the_report_of_the_clean_sequence() -> None:
    late = [words for words in EPISODES if words != "nobody 4"]
    world = started()
    world.records(*late, "nobody 4")
    before = [alert.type for alert in world.alerts]

    written = world.end()

    assert before == ["multiple_faces_detected"]
    assert written == clean_report(*EPISODES)
    assert list(written.alerts) == world.alerts


def test_an_alert_that_a_very_late_frame_refutes_is_gone_from_the_report_and_the_list() -> None:
    clean = [*nobody(1, 2), "person 3", *nobody(4), *person(*range(5, 45))]
    world = started()
    world.records(*(words for words in clean if words != "person 3"), "person 3")
    before = [alert.type for alert in world.alerts]

    written = world.end()

    assert before == ["no_face_detected"]
    assert (written.alert_count, world.alerts) == (0, [])
    assert written == clean_report(*clean)


def test_a_replay_of_more_alerts_than_one_write_takes_stores_them_all() -> None:
    # A guest every five seconds, two hundred times, and the very first frame comes last.
    clean = [f"guest {number}" if number % 5 == 0 else f"person {number}" for number in range(1, 1001)]
    world = started(Policy(usd_per_hour=0.0))
    world.records(clean[0], *clean[2:], clean[1])

    written = world.end()

    assert (written.alert_count, len(world.alerts)) == (200, 200)
    assert world.session.replay_needed is False


@dataclass
class DiesInReplay(FakeSessions):
    """The last write of a replay fails at first."""

    alive: bool = False

    def before_save(self, session: Session, frames: Sequence[FrameRecord]) -> None:  # noqa: ARG002
        if session.status is Status.ENDED and not session.replay_needed and not self.alive:
            self.alive = True
            raise UpstreamDown("The service's storage did not answer; try again.")


def test_a_replay_that_died_is_done_again() -> None:
    late = [words for words in EPISODES if words != "nobody 4"]
    world = World(sessions=DiesInReplay())
    world.start()
    world.records(*late, "nobody 4")
    with pytest.raises(UpstreamDown):
        world.end()

    assert world.end() == clean_report(*EPISODES)


@pytest.mark.parametrize(
    ("keep_frames", "kept"),
    [
        ("all", ["nobody 1", "nobody 2", "nobody 3", "nobody 4", "person 5", "nobody 6", "person 7"]),
        ("evidence", ["nobody 3"]),
        ("none", ["nobody 3"]),
    ],
)
def test_after_tidying_only_the_pictures_are_left_that_the_policy_keeps(
    keep_frames: KeepFrames, kept: list[str]
) -> None:
    world = started(Policy(keep_frames=keep_frames))
    world.records(*nobody(1, 2, 3, 4), "person 5", "nobody 6", "person 7")
    world.end()
    before = len(world.pictures)

    dropped = world.tidy()

    assert world.pictures == kept
    assert dropped == before - len(kept)


def test_evidence_is_as_many_pictures_as_the_policy_allows() -> None:
    reports = {}
    for keep_frames in ("evidence", "none"):
        world = started(Policy(keep_frames=keep_frames))
        world.records(*nobody(*range(1, 13)))
        written = world.end()
        world.tidy()
        reports[keep_frames] = (
            [each.frame_number for alert in written.alerts for each in alert.evidence],
            world.pictures,
        )

    assert reports == {
        "evidence": ([3, 6, 12], ["nobody 3", "nobody 6", "nobody 12"]),
        "none": ([3], ["nobody 3"]),
    }


def test_tidying_again_changes_nothing() -> None:
    world = started()
    world.records("guest 1", "nobody 2")
    world.end()
    world.tidy()

    assert (world.tidy(), world.pictures) == (0, ["guest 1"])


def test_an_active_session_is_not_tidied() -> None:
    world = started()
    world.records("nobody 1")

    with pytest.raises(SessionActive):
        world.tidy()

    assert world.pictures == ["nobody 1"]


def test_a_session_whose_alerts_are_not_final_is_not_tidied() -> None:
    world = started()
    world.records("person 1", *person(*range(3, 45)), "nobody 2")
    closed, alerts = reducer.close(world.session, STARTED_AT + 60.0)
    world.sessions.save(closed, alerts=alerts)

    with pytest.raises(SessionActive):
        world.tidy()


@dataclass
class Forgetful(FakeEvidence):
    """Pictures may get lost."""

    def lose(self, words: str) -> None:
        self.drop(TENANT, SESSION, [name_of(words.encode())])


def test_a_report_does_not_point_at_a_missing_picture() -> None:
    world = World(evidence=Forgetful())
    world.start()
    world.records("guest 1", "guest 2")
    assert isinstance(world.evidence, Forgetful)
    world.evidence.lose("guest 1")

    (alert,) = world.end().alerts

    assert [each.frame_number for each in alert.evidence] == [2]


def test_erasing_leaves_nothing_and_tells_what_there_was() -> None:
    world = started(Policy(keep_frames="all"))
    world.records(*nobody(1, 2, 3), "guest 4")
    world.end()

    erased = world.erase()

    assert erased == {
        "frames": 4,
        "alerts": 2,
        "reports": 1,
        "memories": 0,
        "sessions": 1,
        "pictures": 4,
    }
    assert (world.pictures, world.alerts, world.sessions.report(TENANT, SESSION)) == ([], [], None)
    with pytest.raises(NotFound):
        world.sessions.load(TENANT, SESSION)


def test_erasing_again_is_not_found() -> None:
    world = started()
    world.erase()

    with pytest.raises(NotFound):
        world.erase()


def test_an_active_session_is_closed_before_it_is_erased() -> None:
    journal: list[str] = []
    world = World(sessions=FakeSessions(journal), evidence=FakeEvidence(journal))
    world.start()
    world.records("guest 1")

    world.erase()

    assert journal == ["keep guest 1", "save [1]", "save []", "drop", "erase"]


def test_erasing_one_session_leaves_the_others() -> None:
    world = started()
    world.start(session_id="s-2")
    world.start(tenant_id="rival")
    world.erase()

    left = [world.sessions.load(*place).session_id for place in ((TENANT, "s-2"), ("rival", "s-1"))]
    assert left == ["s-2", "s-1"]


def test_the_id_of_an_erased_session_is_free() -> None:
    world = started()
    world.records("guest 1")
    world.erase()

    made = world.start()

    assert reducer.progress(made).frames == 0
    assert world.alerts == []


@dataclass
class Undeletable(FakeEvidence):
    """Deletes nothing for a while."""

    broken: bool = True

    def drop(self, tenant_id: str, session_id: str, names: Iterable[str]) -> int:
        if self.broken:
            self.broken = False
            raise UpstreamDown("The service's picture storage did not answer; try again.")
        return super().drop(tenant_id, session_id, list(names))


def test_an_erasure_that_died_is_finished_by_the_next_call() -> None:
    world = World(evidence=Undeletable())
    world.start(Policy(keep_frames="all"))
    world.records("person 1")
    with pytest.raises(UpstreamDown):
        world.erase()

    assert world.erase() == {
        "frames": 1,
        "alerts": 0,
        "reports": 0,
        "memories": 0,
        "sessions": 1,
        "pictures": 1,
    }


def test_no_frame_comes_between_while_a_session_is_erased() -> None:
    world = World(evidence=Undeletable())
    world.start()
    with pytest.raises(UpstreamDown):
        world.erase()

    with pytest.raises(SessionEnded):
        world.records("person 1")


@dataclass
class Slow(FakeEvidence):
    """The session is erased while a picture is on its way."""

    world: World | None = None

    def keep(self, tenant_id: str, session_id: str, picture: Picture) -> None:
        if self.world:
            world, self.world = self.world, None
            world.erase()
        super().keep(tenant_id, session_id, picture)


@pytest.mark.parametrize("keep_frames", ["all", "evidence", "none"])
def test_of_a_frame_in_flight_while_its_session_is_erased_nothing_stays(keep_frames: KeepFrames) -> None:
    evidence = Slow()
    world = World(evidence=evidence)
    world.start(Policy(keep_frames=keep_frames))
    evidence.world = world

    with pytest.raises(NotFound):
        world.records("guest 1")
    world.sweep()

    assert (world.jobs.sent[-1]["job"], world.jobs.delays_s) == ("sweep_pictures", [60])
    assert (list(world.sessions.frames(TENANT, SESSION)), world.pictures) == ([], [])


def test_the_sweep_spares_a_session_that_took_the_id_again() -> None:
    world = World()
    world.start()
    world.erase()
    world.start(Policy(keep_frames="all"))
    world.records("nobody 1")

    assert world.sweep() == 0
    assert len(world.pictures) == 1


def test_a_report_that_is_written_while_its_session_is_erased_is_not_kept() -> None:
    world = World()
    world.start()
    world.end()
    ended, report = world.sessions.load(TENANT, SESSION), world.sessions.report(TENANT, SESSION)
    assert report
    world.erase()

    with pytest.raises(NotFound):
        world.sessions.keep_report(ended, report)


def test_the_report_keeps_what_was_agreed_at_the_start() -> None:
    world = World()
    world.start(replace(Policy(), yaw_deg=45.0))

    written = world.end()

    assert (written.job_data, written.candidate, written.consent) == (
        {"title": "Engineer"},
        {"id": 7},
        {"given": True},
    )
    assert written.policy == Policy(yaw_deg=45.0)
