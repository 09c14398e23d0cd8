"""Alerts of all sessions, listed for a dashboard."""

import pytest

from chalicelib.domain.alerts import Wanted
from chalicelib.domain.errors import BadInput
from chalicelib.flows.list_alerts import ListAlerts
from tests.fake_sessions import FakeAlerts
from tests.fakes import name_of
from tests.observations import STARTED_AT
from tests.unit.flows.world import SESSION, TENANT, World, person


@pytest.fixture
def world() -> World:
    made = World()
    made.start()
    made.watch(*person(1), "guest 2", *person(3), "phone 4")
    return made


def listing(world: World) -> ListAlerts:
    return ListAlerts(FakeAlerts(world.sessions), world.evidence)


def test_each_alert_comes_with_links_to_the_pictures_of_its_own_session(world: World) -> None:
    page = listing(world)(TENANT, Wanted(), 10)

    assert [each.type for each in page.items] == ["suspicious_object", "multiple_faces_detected"]
    assert [evidence.url for each in page.items for evidence in each.evidence] == [
        f"https://pictures.test/{TENANT}/{SESSION}/{name_of(shown)}" for shown in (b"phone 4", b"guest 2")
    ]


def test_a_page_tells_where_the_next_one_begins(world: World) -> None:
    first = listing(world)(TENANT, Wanted(), 1)
    second = listing(world)(TENANT, Wanted(), 1, first.cursor)

    assert [each.type for page in (first, second) for each in page.items] == [
        "suspicious_object",
        "multiple_faces_detected",
    ]
    assert (first.cursor is None, second.cursor) == (False, None)


def test_a_type_that_does_not_exist_is_refused_and_the_others_are_named(world: World) -> None:
    with pytest.raises(BadInput, match="choose from no_face_detected, multiple_faces_detected"):
        listing(world)(TENANT, Wanted(type="bored"), 10)


def test_a_time_that_ends_before_it_begins_is_refused(world: World) -> None:
    with pytest.raises(BadInput, match="`until` is before `since`"):
        listing(world)(TENANT, Wanted(since=STARTED_AT, until=STARTED_AT - 1.0), 10)

    assert listing(world)(TENANT, Wanted(since=STARTED_AT, until=STARTED_AT), 10).items == ()
