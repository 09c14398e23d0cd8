"""Reading what a session has become so far."""

import pytest

from chalicelib.domain import reducer
from chalicelib.domain.errors import NotFound
from chalicelib.domain.model import Page
from chalicelib.flows.read_session import Live
from tests.fakes import name_of
from tests.unit.flows.world import SESSION, TENANT, World, nobody, person, started


def test_the_live_figures_are_those_of_all_frames_so_far() -> None:
    world = started()
    world.records(*nobody(1, 2, 3), "guest 9")
    world.clock.at += 12.3456

    live = world.reader.live(TENANT, SESSION)

    assert live == Live(
        session=world.session,
        progress=reducer.progress(world.session),
        duration_s=12.346,
        alert_count=2,
        recent=tuple(reversed(world.alerts)),
    )


def test_the_five_latest_alerts_are_told_newest_first() -> None:
    world = started()
    for number in range(1, 8):
        world.records(f"guest {number * 10}", f"person {number * 10 + 1}")

    live = world.reader.live(TENANT, SESSION)

    assert live.alert_count == 7
    assert [alert.evidence[0].frame_number for alert in live.recent] == [70, 60, 50, 40, 30]


def test_a_session_that_has_ended_lasts_no_longer() -> None:
    world = started()
    world.clock.at += 10.0
    world.end()
    world.clock.at += 3_600.0

    assert world.reader.live(TENANT, SESSION).duration_s == 10.0


def test_alerts_come_in_pages_with_links_to_their_pictures() -> None:
    world = started()
    world.records("guest 1", "phone 2", "note 3")
    reader = world.reader

    total, first = reader.alerts(TENANT, SESSION, 2, None)
    _, second = reader.alerts(TENANT, SESSION, 2, first.cursor)

    assert (total, second.cursor) == (3, None)
    assert [alert.type for alert in (*first.items, *second.items)] == [
        "multiple_faces_detected",
        "suspicious_object",
        "text_detected",
    ]
    assert [each.url for alert in first.items for each in alert.evidence] == [
        f"https://pictures.test/{TENANT}/{SESSION}/{name_of(words)}" for words in (b"guest 1", b"phone 2")
    ]


def test_links_are_made_for_the_caller_and_never_stored() -> None:
    world = started()
    world.records("guest 1")
    world.reader.alerts(TENANT, SESSION, 10, None)
    world.end()

    stored = [*world.alerts, *world.end().alerts]
    assert {each.url for alert in stored for each in alert.evidence} == {None}


def test_frames_come_in_pages_in_their_order() -> None:
    world = started()
    records = world.records("person 2", "person 1", "person 3")

    live, page = world.reader.frames(TENANT, SESSION, 10, None)

    assert page == Page((records[1], records[0], records[2]))
    assert live.progress.frames == 3


def test_sessions_are_listed_by_tenant() -> None:
    world = started()
    world.start(tenant_id="rival", session_id="theirs")
    world.records(*person(1, 2), "guest 3")

    (row,) = world.reader.rows(TENANT, 10, None).items

    assert (row.session_id, row.is_active, row.frames_analyzed, row.alert_count) == (SESSION, True, 3, 1)


@pytest.mark.parametrize("tenant_id", [TENANT, "rival"])
def test_an_unknown_session_and_another_tenants_look_alike(tenant_id: str) -> None:
    world = started()
    session_id = SESSION if tenant_id == "rival" else "s-2"
    reader = world.reader

    said = []
    for read in (
        lambda: reader.live(tenant_id, session_id),
        lambda: reader.alerts(tenant_id, session_id, 1, None),
        lambda: reader.frames(tenant_id, session_id, 1, None),
    ):
        with pytest.raises(NotFound) as refused:
            read()
        said.append(str(refused.value))

    assert set(said) == {"There is no such session; check its id."}


def test_reading_changes_nothing() -> None:
    world = World()
    world.start()
    world.records("guest 1")
    before = (world.session, list(world.sessions.journal))

    world.reader.live(TENANT, SESSION)
    world.reader.alerts(TENANT, SESSION, 1, None)
    world.reader.frames(TENANT, SESSION, 1, None)
    world.reader.rows(TENANT, 1, None)

    assert (world.session, world.sessions.journal) == before
