"""Ending the sessions that nobody ended."""

from dataclasses import dataclass

import pytest

from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.model import EndedBy, Status
from chalicelib.flows.close_abandoned import LOOKBACK_S, CloseAbandoned
from tests.fakes import FakeJobs
from tests.observations import STARTED_AT
from tests.unit.flows.world import SESSION, SESSION_S, TENANT, World, person, started

MINUTE_S = 60.0


def job(session_id: str, tenant_id: str = TENANT) -> dict[str, str]:
    return {"job": "end_session", "tenant_id": tenant_id, "session_id": session_id}


@dataclass
class Breaks:
    """A queue that takes one job."""

    jobs: FakeJobs

    def send(self, job: str, *, delay_s: int = 0, **about: str) -> None:
        if self.jobs.sent:
            raise UpstreamDown("The service's queue did not answer; try again.")
        self.jobs.send(job, delay_s=delay_s, **about)


def begun(**started_ago_s: float) -> World:
    """A world with sessions of these ages."""
    world = World()
    for session_id, ago_s in started_ago_s.items():
        world.clock.at = STARTED_AT - ago_s
        world.start(session_id=session_id)
    world.clock.at = STARTED_AT
    return world


def test_sessions_that_take_no_more_frames_are_handed_over_the_oldest_first() -> None:
    world = begun(over=SESSION_S + MINUTE_S, long_over=SESSION_S + LOOKBACK_S, under_way=SESSION_S)

    found = world.close_abandoned()

    assert (found, world.jobs.sent) == (2, [job("long_over"), job("over")])


def test_sessions_of_every_tenant_are_found() -> None:
    world = World()
    world.tenants.create("globex", "Globex", "now")
    for tenant_id in (TENANT, "globex"):
        world.start(tenant_id=tenant_id)
    world.clock.at += SESSION_S + MINUTE_S

    world.close_abandoned()

    assert world.jobs.sent == [job(SESSION), job(SESSION, "globex")]


def test_a_session_that_was_ended_is_left_alone() -> None:
    world = started()
    world.end()
    world.jobs.sent.clear()
    world.clock.at += SESSION_S + MINUTE_S

    assert (world.close_abandoned(), world.jobs.sent) == (0, [])


def test_what_a_run_did_not_come_to_is_found_by_the_next() -> None:
    world = begun(first=SESSION_S + 2 * MINUTE_S, second=SESSION_S + MINUTE_S)
    broken = Breaks(world.jobs)
    with pytest.raises(UpstreamDown):
        CloseAbandoned(world.sessions, world.tenants, broken, world.clock, SESSION_S)()
    world.end_abandoned("first")
    world.clock.at += LOOKBACK_S / 2

    world.close_abandoned()

    assert [each for each in world.jobs.sent if each["job"] == "end_session"] == [job("first"), job("second")]


def test_an_abandoned_session_gets_its_report_which_says_how_it_ended() -> None:
    world = started()
    world.records(*person(*range(1, 61)))
    world.clock.at += SESSION_S + MINUTE_S

    world.end_abandoned()

    report = world.sessions.report(TENANT, SESSION)
    assert report
    assert (world.session.status, world.session.ended_by) == (Status.ENDED, EndedBy.SERVICE)
    assert (report.ended_by, report.session_duration) == (EndedBy.SERVICE, SESSION_S + MINUTE_S)
    # The hours that nobody watched are a gap, and no risk is named for them.
    assert (report.coverage.received, report.coverage.gaps.seconds) == (60, SESSION_S)
    assert (report.integrity.score, report.integrity.level) == (100.0, None)
    assert "No frame came for 43200 s in all." in report.integrity.note


def test_a_report_says_that_its_caller_ended_it() -> None:
    assert started().end().ended_by is EndedBy.CALLER


def test_a_session_that_was_ended_meanwhile_keeps_its_report() -> None:
    world = started()
    world.clock.at += SESSION_S + MINUTE_S
    written = world.end()
    world.clock.at += MINUTE_S

    world.end_abandoned()

    assert world.sessions.report(TENANT, SESSION) == written


def test_ending_it_twice_changes_nothing() -> None:
    world = started()
    world.clock.at += SESSION_S + MINUTE_S
    world.end_abandoned()
    once = world.session, world.sessions.report(TENANT, SESSION)
    world.clock.at += MINUTE_S

    world.end_abandoned()

    assert (world.session, world.sessions.report(TENANT, SESSION)) == once


def test_a_new_session_with_the_id_of_an_abandoned_one_goes_on() -> None:
    world = started()
    world.clock.at += SESSION_S + MINUTE_S
    world.erase()
    world.start()

    world.end_abandoned()

    assert world.session.status is Status.ACTIVE


def test_a_session_that_was_erased_cannot_be_ended() -> None:
    world = started()
    world.erase()

    with pytest.raises(NotFound):
        world.end_abandoned()
