"""What every store of sessions promises: the one in memory and the one in DynamoDB."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any, cast

import pytest

from chalicelib.aws import dynamodb
from chalicelib.aws.sessions import Sessions as DynamoSessions
from chalicelib.domain import reducer
from chalicelib.domain import report as reports
from chalicelib.domain.errors import BadInput, NotFound, SessionExists, StaleSession, TooManyRequests
from chalicelib.domain.model import Alert, FrameRecord, Memory, Session, SessionRow, Ticket, Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import Report, Summary
from chalicelib.domain.seen import (
    BoundingBox,
    EyeDirection,
    Face,
    Findings,
    Kind,
    Label,
    Landmark,
    Line,
    Look,
    Observation,
    Pose,
    View,
)
from chalicelib.flows.ports import Sessions
from tests import observations as show
from tests.contract.cloud import Cloud, OneAtATime
from tests.fake_sessions import FakeSessions
from tests.observations import STARTED_AT, seen

RETENTION_S = 90 * 86_400.0


@pytest.fixture(params=["in memory", "in DynamoDB"])
def sessions(request: pytest.FixtureRequest) -> Sessions:
    if request.param == "in memory":
        return FakeSessions()
    cloud: Cloud = request.getfixturevalue("cloud")
    client = cast("Any", OneAtATime(cloud.client("dynamodb")))
    return DynamoSessions(client, cloud.settings.sessions_table, retention_s=RETENTION_S)


def another_process(sessions: Sessions) -> Sessions:
    """The same store, known to a process that has read nothing of it yet."""
    if isinstance(sessions, DynamoSessions):
        return DynamoSessions(sessions._client, sessions._table, retention_s=RETENTION_S)  # noqa: SLF001
    return sessions


def new(tenant: str, session_id: str = "s-1", *, started_at: float = STARTED_AT) -> Session:
    return Session(tenant, session_id, started_at)


@pytest.fixture
def session(sessions: Sessions, tenant: str) -> Session:
    """A session that is stored."""
    made = new(tenant)
    sessions.create(made, None)
    return made


def step(current: Session, *frames: Observation) -> tuple[Session, list[FrameRecord], tuple[Alert, ...]]:
    """What the flow hands over to be saved."""
    stepped, changes = reducer.step(current, *frames)
    return stepped, [FrameRecord(each, changes) for each in frames], changes


RICH = Observation(
    seq=1,
    at_s=0.125,
    view=View(640, 480, 120.5, 50.25, 220.0, 0.1543, bytes(range(192))),
    faces=(
        Face(
            box=BoundingBox(0.1, -0.2, 0.3, 0.4),
            confidence=99.87,
            pose=Pose(-12.5, 3.25, 1.0),
            eye_direction=EyeDirection(-5.5, 4.4, 98.7),
            landmarks=(Landmark("eyeLeft", 0.31, 0.42), Landmark("eyeRight", 0.41, 0.42)),
            emotions={"CALM": 90.5, "HAPPY": 1.25},
            face_occluded=False,
            brightness=80.1,
            sharpness=95.3,
        ),
        Face(box=BoundingBox(0.0, 0.0, 0.1, 0.1), confidence=55.0),
    ),
    labels=(Label("Mobile Phone", 88.0, ("Electronics",), ("Cell Phone",), (BoundingBox(0, 0, 1, 1),)),),
    text=(Line("Ünïcode ✓ 日本", 97.0, BoundingBox(0.0, 0.5, 0.5, 0.1)), Line("plain line", 81.0)),
    looks={Kind.FACES: Look.ASKED, Kind.LABELS: Look.REUSED, Kind.TEXT: Look.FAILED},
    picture="0123456789abcdef",
)


def test_a_new_session_is_loaded_as_it_was(sessions: Sessions, tenant: str) -> None:
    made = replace(
        new(tenant),
        policy=Policy(
            emotions=False,
            keep_frames="all",
            alerts_off=("blurred",),
            after_frames={"low_light": 7},
            yaw_deg=12.5,
        ),
        job={"title": "Ingénieur", "levels": [1, 2.5, None, True, {"deep": []}]},
        candidate={"id": 7},
        consent={"at": "2027-01-15T08:00:00Z"},
        clock_offset_s=-1.5,
    )

    sessions.create(made, None)

    assert sessions.load(tenant, "s-1") == made


def test_a_session_with_everything_in_it_is_loaded_as_it_was(sessions: Sessions, session: Session) -> None:
    stepped, frames, alerts = step(session, RICH, show.two_people(2), show.phone(3), show.outage(9))

    saved = sessions.save(stepped, frames, alerts)

    assert stepped.window
    assert saved == replace(stepped, version=1)
    assert sessions.load(session.tenant_id, session.session_id) == saved


def test_an_id_is_given_once(sessions: Sessions, session: Session) -> None:
    with pytest.raises(SessionExists):
        sessions.create(replace(session, job={"other": True}), None)

    assert sessions.load(session.tenant_id, session.session_id) == session


def test_two_tenants_may_use_the_same_id(sessions: Sessions, session: Session) -> None:
    other = replace(session, tenant_id=f"{session.tenant_id}0")

    sessions.create(other, None)

    assert sessions.load(other.tenant_id, other.session_id) == other


@pytest.mark.parametrize("place", [("{0}", "s-2"), ("{0}x", "s-1"), ("", "s-1")])
def test_what_is_not_there_is_not_found(sessions: Sessions, session: Session, place: tuple[str, str]) -> None:
    tenant_id, session_id = place[0].format(session.tenant_id), place[1]

    with pytest.raises(NotFound, match="There is no such session"):
        sessions.load(tenant_id, session_id)

    assert sessions.frame(tenant_id, session_id, 1) is None
    assert list(sessions.frames(tenant_id, session_id)) == []
    assert list(sessions.alerts(tenant_id, session_id)) == []
    assert sessions.report(tenant_id, session_id) is None


def test_a_ticket_tells_the_session_that_was_made_with_it(sessions: Sessions, tenant: str) -> None:
    ticket = Ticket("order-66 ✓", "a" * 64)

    sessions.create(new(tenant), ticket)

    assert sessions.ticket(tenant, ticket.key) == (ticket, "s-1")
    assert sessions.ticket(tenant, "order-67") is None
    assert sessions.ticket(f"{tenant}x", ticket.key) is None


def test_a_ticket_is_good_for_one_session_and_the_other_is_not_stored(
    sessions: Sessions, tenant: str
) -> None:
    ticket = Ticket("order-66", "a" * 64)
    sessions.create(new(tenant), ticket)

    with pytest.raises(SessionExists):
        sessions.create(new(tenant, "s-2"), replace(ticket, fingerprint="b" * 64))

    assert sessions.ticket(tenant, ticket.key) == (ticket, "s-1")
    with pytest.raises(NotFound):
        sessions.load(tenant, "s-2")


def test_a_ticket_for_an_id_that_is_taken_is_not_stored(sessions: Sessions, session: Session) -> None:
    with pytest.raises(SessionExists):
        sessions.create(session, Ticket("order-66", "a" * 64))

    assert sessions.ticket(session.tenant_id, "order-66") is None


def starts_on(sessions: Sessions, tenant: str, most: int, *ids: str, at_s: float = STARTED_AT) -> list[str]:
    """What became of starts on a day that has a limit."""
    became = []
    for session_id in ids:
        try:
            sessions.create(new(tenant, session_id, started_at=at_s), None, most)
            became.append("started")
        except (SessionExists, TooManyRequests) as exc:
            became.append(type(exc).__name__)
    return became


def test_as_many_sessions_are_stored_on_a_day_as_its_limit_says(sessions: Sessions, tenant: str) -> None:
    today = starts_on(sessions, tenant, 2, "a", "b", "c")
    tomorrow = starts_on(sessions, tenant, 2, "c", "d", "e", at_s=STARTED_AT + 86_400)
    theirs = starts_on(sessions, f"rival-{tenant}", 1, "a")

    assert today == tomorrow == ["started", "started", "TooManyRequests"]
    assert theirs == ["started"]
    assert [sessions.starts(tenant, STARTED_AT + days * 86_400) for days in range(3)] == [2, 2, 0]
    with pytest.raises(NotFound):
        sessions.load(tenant, "e")


def test_a_session_that_is_there_counts_once_and_is_known_when_the_day_is_used_up(
    sessions: Sessions, tenant: str
) -> None:
    became = starts_on(sessions, tenant, 2, "a", "a", "b", "a")

    assert became == ["started", "SessionExists", "started", "SessionExists"]
    assert sessions.starts(tenant, STARTED_AT) == 2


def test_a_ticket_of_a_day_that_is_used_up_is_not_stored(sessions: Sessions, tenant: str) -> None:
    starts_on(sessions, tenant, 1, "a")

    with pytest.raises(TooManyRequests):
        sessions.create(new(tenant, "b"), Ticket("order-66", "a" * 64), 1)

    assert sessions.ticket(tenant, "order-66") is None


def test_a_limit_that_is_raised_or_lowered_counts_what_was_started_before(
    sessions: Sessions, tenant: str
) -> None:
    became = [
        starts_on(sessions, tenant, most, each) for most, each in ((1, "a"), (2, "b"), (1, "c"), (3, "d"))
    ]

    assert became == [["started"], ["started"], ["TooManyRequests"], ["started"]]


def test_of_starts_that_meet_no_more_are_stored_than_the_limit_says(sessions: Sessions, tenant: str) -> None:
    ids = [f"s-{number}" for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        became = list(pool.map(lambda each: starts_on(sessions, tenant, 5, each)[0], ids))

    assert sorted(became) == ["TooManyRequests"] * 11 + ["started"] * 5
    assert sessions.starts(tenant, STARTED_AT) == 5


def test_saving_makes_the_next_version(sessions: Sessions, session: Session) -> None:
    first = sessions.save(session)
    second = sessions.save(first)

    assert [each.version for each in (session, first, second)] == [0, 1, 2]
    assert sessions.load(session.tenant_id, session.session_id) == second


def test_what_a_process_saved_or_loaded_is_recalled_and_given_again_while_it_is_so(
    sessions: Sessions, session: Session
) -> None:
    stepped, frames, alerts = step(session, seen(1))

    saved = sessions.save(stepped, frames, alerts)

    recalled = sessions.recalled(session.tenant_id, session.session_id)
    assert recalled == saved
    assert sessions.load(session.tenant_id, session.session_id) is recalled


def test_what_another_process_changed_is_loaded_whatever_is_recalled(
    sessions: Sessions, session: Session
) -> None:
    loaded = sessions.load(session.tenant_id, session.session_id)
    stepped, frames, alerts = step(loaded, seen(1))

    another_process(sessions).save(stepped, frames, alerts)

    assert sessions.load(session.tenant_id, session.session_id).version == 1


def test_nothing_is_recalled_of_a_session_that_is_not_known(sessions: Sessions, session: Session) -> None:
    assert sessions.recalled(session.tenant_id, "s-2") is None
    sessions.erase(session.tenant_id, session.session_id)
    assert sessions.recalled(session.tenant_id, session.session_id) is None


def test_frames_and_alerts_are_stored_with_the_session(sessions: Sessions, session: Session) -> None:
    stepped, frames, alerts = step(session, RICH, show.two_people(2))

    sessions.save(stepped, frames, alerts)

    place = (session.tenant_id, session.session_id)
    assert [sessions.frame(*place, seq) for seq in (1, 2, 3)] == [*frames, None]
    assert list(sessions.frames(*place)) == frames
    assert list(sessions.alerts(*place)) == sorted(alerts, key=lambda alert: alert.id)


def test_of_two_writers_the_later_one_loses_and_changes_nothing(sessions: Sessions, session: Session) -> None:
    place = (session.tenant_id, session.session_id)
    mine, theirs = sessions.load(*place), sessions.load(*place)
    winner = sessions.save(*step(theirs, show.two_people(1)))

    with pytest.raises(StaleSession):
        sessions.save(*step(mine, show.phone(2)))

    assert sessions.load(*place) == winner
    assert [frame.observation.seq for frame in sessions.frames(*place)] == [1]
    assert [alert.type for alert in sessions.alerts(*place)] == ["multiple_faces_detected"]


def test_a_session_that_was_never_stored_cannot_be_saved(sessions: Sessions, tenant: str) -> None:
    with pytest.raises(StaleSession):
        sessions.save(new(tenant))

    with pytest.raises(NotFound):
        sessions.load(tenant, "s-1")


def test_an_erased_session_is_not_brought_back_by_a_late_write(sessions: Sessions, session: Session) -> None:
    loaded = sessions.load(session.tenant_id, session.session_id)
    sessions.erase(session.tenant_id, session.session_id)

    with pytest.raises(StaleSession):
        sessions.save(*step(loaded, seen(1)))

    assert list(sessions.frames(session.tenant_id, session.session_id)) == []


def test_a_session_that_took_an_erased_ones_id_is_not_written_over_by_who_knew_that(
    sessions: Sessions, session: Session
) -> None:
    stepped, frames, alerts = step(session, seen(1))
    another_process(sessions).erase(session.tenant_id, session.session_id)
    later = replace(session, started_at=session.started_at + 60.0)
    another_process(sessions).create(later, None)

    with pytest.raises(StaleSession):
        sessions.save(stepped, frames, alerts)
    with pytest.raises(StaleSession):
        sessions.keep_report(session, report_of(session, "of the one that was erased"))

    assert sessions.load(session.tenant_id, session.session_id) == later


def test_a_frame_that_is_there_is_not_written_over(sessions: Sessions, session: Session) -> None:
    saved = sessions.save(*step(session, seen(1)))
    other = FrameRecord(show.two_people(1))

    with pytest.raises(StaleSession):
        sessions.save(saved, [FrameRecord(seen(2)), other])

    place = (session.tenant_id, session.session_id)
    assert sessions.load(*place) == saved
    assert [frame.observation for frame in sessions.frames(*place)] == [seen(1)]


def test_writers_that_reload_when_they_lose_lose_nothing(sessions: Sessions, session: Session) -> None:
    place = (session.tenant_id, session.session_id)
    stale = count()

    def write(number: int) -> None:
        while True:
            try:
                sessions.save(*step(sessions.load(*place), seen(number)))
            except StaleSession:
                next(stale)
            else:
                return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1, 25)))

    final = sessions.load(*place)
    assert (final.version, reducer.progress(final).frames) == (24, 24)
    assert [frame.observation.seq for frame in sessions.frames(*place)] == list(range(1, 25))


def test_an_alert_that_changes_is_stored_anew(sessions: Sessions, session: Session) -> None:
    saved = sessions.save(*step(session, show.phone(1)))

    sessions.save(*step(saved, show.phone(2)))

    (alert,) = sessions.alerts(session.tenant_id, session.session_id)
    assert (alert.frames, alert.duration) == (2, 1.0)


def test_a_withdrawn_alert_is_gone(sessions: Sessions, session: Session) -> None:
    saved = sessions.save(*step(session, show.empty_room(1), show.empty_room(2), show.empty_room(4)))
    before = [alert.type for alert in sessions.alerts(session.tenant_id, session.session_id)]

    sessions.save(*step(saved, seen(3)))

    assert before == ["no_face_detected"]
    assert list(sessions.alerts(session.tenant_id, session.session_id)) == []


def test_withdrawing_what_is_not_there_changes_nothing(sessions: Sessions, session: Session) -> None:
    _, _, (alert,) = step(session, show.two_people(1))

    sessions.save(session, alerts=[replace(alert, withdrawn=True)])

    assert list(sessions.alerts(session.tenant_id, session.session_id)) == []


@pytest.fixture
def many(sessions: Sessions, session: Session) -> Session:
    """Seven frames, each with a guest or a phone in it, stored in no order."""
    frames: list[FrameRecord] = []
    alerts: list[Alert] = []
    for place, number in enumerate((5, 999_999_999, 1, 30, 100, 2, 10)):
        _, more_frames, more_alerts = step(session, (show.two_people if place % 2 else show.phone)(number))
        frames += more_frames
        alerts += list(more_alerts)
    return sessions.save(session, frames, alerts)


def all_pages(read: Callable[[str | None], Any]) -> tuple[list[Any], list[int]]:
    """All items, and how many came on each page that had any."""
    items: list[Any] = []
    sizes: list[int] = []
    cursor: str | None = None
    while True:
        page = read(cursor)
        items += page.items
        sizes += [len(page.items)] if page.items else []
        cursor = page.cursor
        if cursor is None:
            return items, sizes


def test_frames_come_in_the_order_of_their_numbers(sessions: Sessions, many: Session) -> None:
    frames = sessions.frames(many.tenant_id, many.session_id)

    assert [frame.observation.seq for frame in frames] == [1, 2, 5, 10, 30, 100, 999_999_999]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (100, [7])])
def test_frames_come_in_pages(sessions: Sessions, many: Session, limit: int, sizes: list[int]) -> None:
    place = (many.tenant_id, many.session_id)

    paged, paged_sizes = all_pages(lambda after: sessions.frames_page(*place, limit, after))

    assert (paged, paged_sizes) == (list(sessions.frames(*place)), sizes)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(("limit", "sizes"), [(2, [2, 2, 2, 1]), (7, [7])])
def test_alerts_come_in_pages_from_either_end(
    *, sessions: Sessions, many: Session, limit: int, sizes: list[int], newest_first: bool
) -> None:
    place = (many.tenant_id, many.session_id)

    paged, paged_sizes = all_pages(
        lambda after: sessions.alerts_page(*place, limit, after, newest_first=newest_first)
    )

    listed = list(sessions.alerts(*place))
    assert [alert.evidence[0].frame_number for alert in listed] == [1, 2, 5, 10, 30, 100, 999_999_999]
    assert (paged, paged_sizes) == (listed[::-1] if newest_first else listed, sizes)


def test_the_last_page_has_no_cursor(sessions: Sessions, many: Session) -> None:
    assert sessions.frames_page(many.tenant_id, many.session_id, 100, None).cursor is None
    assert sessions.alerts_page(many.tenant_id, many.session_id, 100).cursor is None
    assert sessions.rows(many.tenant_id, 100, None).cursor is None


FOREIGN = [
    "x",
    "not a cursor",
    "ünïcode",
    "%00",
    "W10",
    dynamodb.cursor(),
    dynamodb.cursor("a", "b"),
    dynamodb.cursor("a", "b", "not a number"),
    dynamodb.cursor("a", "b", "-1"),
    dynamodb.cursor("a", "b", "²"),
    dynamodb.cursor("", "b", "1"),
    dynamodb.cursor("a", "b", "c", "d"),
    dynamodb.cursor(""),
    "W251bGxd",
    "eyJhIjoxfQ",
    "W1sx" + "W1sx" * 400,
    # A thousand opening brackets.
    "W1tb" * 466,
]


@pytest.mark.parametrize("cursor", FOREIGN)
def test_a_foreign_cursor_is_refused(sessions: Sessions, tenant: str, cursor: str) -> None:
    place = (tenant, "s-1")
    said = set()

    for read in (
        lambda: sessions.frames_page(*place, 5, cursor),
        lambda: sessions.alerts_page(*place, 5, cursor),
        lambda: sessions.rows(tenant, 5, cursor),
    ):
        with pytest.raises(BadInput) as refused:
            read()
        said.add(str(refused.value))

    assert said == {"The cursor is not one that this list gave; start again without it."}


def test_a_list_of_sessions_does_not_take_the_cursor_of_frames_nor_the_other_way_round(
    sessions: Sessions, many: Session
) -> None:
    place = (many.tenant_id, many.session_id)
    sessions.create(new(many.tenant_id, "s-2"), None)
    of_frames = sessions.frames_page(*place, 1, None).cursor
    of_rows = sessions.rows(many.tenant_id, 1, None).cursor

    with pytest.raises(BadInput):
        sessions.rows(many.tenant_id, 1, of_frames)
    with pytest.raises(BadInput):
        sessions.frames_page(*place, 1, of_rows)


def report_of(session: Session, words: str) -> Report:
    over, _ = reducer.close(session, STARTED_AT + 60.0)
    alerts = reducer.step(session, show.two_people(1))[1]
    built = reports.build(over, alerts, usd_per_call=0.001, versions={"service": "1"})
    return reports.with_summary(built, Summary("rules", words, ("One", "Two"), "note"))


def test_a_report_is_read_as_it_was_written(sessions: Sessions, session: Session) -> None:
    written = report_of(session, "first")

    kept = sessions.keep_report(session, written)

    assert kept == written
    assert sessions.report(session.tenant_id, session.session_id) == written


def test_the_first_report_stays_whoever_writes_another(sessions: Sessions, session: Session) -> None:
    first, second = report_of(session, "first"), report_of(session, "second")
    sessions.keep_report(session, first)

    assert sessions.keep_report(session, second) == first
    assert sessions.report(session.tenant_id, session.session_id) == first


def test_a_report_of_an_older_version_is_not_kept(sessions: Sessions, session: Session) -> None:
    sessions.save(session)

    with pytest.raises(StaleSession):
        sessions.keep_report(session, report_of(session, "stale"))

    assert sessions.report(session.tenant_id, session.session_id) is None


def test_an_erased_session_gets_no_report_by_a_late_write(sessions: Sessions, session: Session) -> None:
    sessions.erase(session.tenant_id, session.session_id)

    with pytest.raises(NotFound):
        sessions.keep_report(session, report_of(session, "late"))

    assert sessions.report(session.tenant_id, session.session_id) is None


def test_a_tenants_sessions_are_listed_newest_first(sessions: Sessions, tenant: str) -> None:
    for session_id, started_at in (("b", 1.0), ("a", 3.0), ("c", 2.0), ("d", 2.0)):
        sessions.create(new(tenant, session_id, started_at=STARTED_AT + started_at), None)
    sessions.create(new(f"{tenant}x", "theirs"), None)

    page = sessions.rows(tenant, 10, None)

    assert ([row.session_id for row in page.items], page.total, page.cursor) == (
        ["a", "d", "c", "b"],
        4,
        None,
    )


def test_active_sessions_of_a_time_are_found_the_oldest_first(sessions: Sessions, tenant: str) -> None:
    for session_id, started_at in (("e", 5.0), ("c", 3.0), ("b", 1.999), ("d", 4.0), ("a", 2.0)):
        sessions.create(new(tenant, session_id, started_at=STARTED_AT + started_at), None)
    sessions.create(new(f"{tenant}x", "theirs", started_at=STARTED_AT + 3.0), None)
    over, _ = reducer.close(sessions.load(tenant, "c"), STARTED_AT + 9.0)
    sessions.save(over)

    found = list(sessions.still_active(tenant, STARTED_AT + 2.0, STARTED_AT + 4.5))

    assert found == ["a", "d"]


def test_more_active_sessions_are_found_than_are_read_at_once(sessions: Sessions, tenant: str) -> None:
    ids = [f"s-{number:03d}" for number in range(101)]
    for number, session_id in enumerate(ids):
        sessions.create(new(tenant, session_id, started_at=STARTED_AT + number), None)

    assert list(sessions.still_active(tenant, STARTED_AT, STARTED_AT + 1_000.0)) == ids


def test_a_session_that_was_erased_is_not_found(sessions: Sessions, session: Session) -> None:
    sessions.erase(session.tenant_id, session.session_id)

    assert list(sessions.still_active(session.tenant_id, STARTED_AT - 1.0, STARTED_AT + 1.0)) == []


def test_a_row_tells_what_the_session_is(sessions: Sessions, session: Session) -> None:
    stepped, frames, alerts = step(session, show.two_people(1), show.outage(2), show.phone(3), seen(9))
    saved = sessions.save(stepped, frames, alerts)
    active = sessions.rows(session.tenant_id, 10, None).items
    over, closed = reducer.close(saved, STARTED_AT + 60.0)
    sessions.save(over, alerts=closed)

    ended = sessions.rows(session.tenant_id, 10, None).items

    row = SessionRow("s-1", True, "2027-01-15T08:00:00.000Z", 3, 2)  # noqa: FBT003 - a row as it is read
    assert active == (row,)
    assert ended == (replace(row, is_active=False),)


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_sessions_come_in_pages_with_the_number_of_all_of_them(
    sessions: Sessions, tenant: str, limit: int
) -> None:
    for number in range(5):
        sessions.create(new(tenant, f"s-{number}", started_at=STARTED_AT + number), None)
    totals = set()

    def read(after: str | None) -> Any:  # noqa: ANN401 - a page
        page = sessions.rows(tenant, limit, after)
        totals.add(page.total)
        return page

    rows, _ = all_pages(read)

    assert [row.session_id for row in rows] == ["s-4", "s-3", "s-2", "s-1", "s-0"]
    assert totals == {5}


def test_a_tenant_without_sessions_has_an_empty_list(sessions: Sessions, tenant: str) -> None:
    page = sessions.rows(tenant, 10, None)

    assert (page.items, page.total, page.cursor) == ((), 0, None)


def test_erasing_deletes_everything_and_tells_how_much_there_was(sessions: Sessions, many: Session) -> None:
    sessions.keep_report(many, report_of(many, "words"))
    place = (many.tenant_id, many.session_id)

    erased = sessions.erase(*place)

    assert erased == {"frames": 7, "alerts": 7, "reports": 1, "memories": 0, "sessions": 1}
    assert (list(sessions.frames(*place)), list(sessions.alerts(*place))) == ([], [])
    assert sessions.report(*place) is None
    assert sessions.rows(many.tenant_id, 10, None).items == ()
    with pytest.raises(NotFound):
        sessions.load(*place)


MEMORY = Memory(Findings(RICH.faces, RICH.labels, RICH.text), random.Random(1).randbytes(20_000))
OTHER_MEMORY = Memory(Findings(faces=(), text=()), b"pixels")


def remembering(sessions: Sessions, current: Session, memory: Memory) -> Session:
    """The session as it is stored when the provider was asked about a frame."""
    watch = Watch(
        asked_s={Kind.FACES: 0.125, Kind.LABELS: 0.1},
        signed_s={Kind.LABELS: 0.1},
        glimpse=bytes(range(256)),
        glimpsed_s=0.125,
        hour=1,
        calls=7,
        memory=current.version + 1,
    )
    seq = reducer.next_seq(current)
    stepped, frames, alerts = step(current, seen(seq))
    return sessions.save(replace(stepped, watch=watch), frames, alerts, memory)


def test_a_new_session_has_no_memory(sessions: Sessions, session: Session) -> None:
    assert sessions.memory(session) is None


def test_a_memory_is_read_as_it_was_stored(sessions: Sessions, session: Session) -> None:
    saved = remembering(sessions, session, MEMORY)

    there = another_process(sessions)
    loaded = there.load(session.tenant_id, session.session_id)

    assert loaded == saved
    assert (sessions.memory(saved), there.memory(loaded)) == (MEMORY, MEMORY)


def test_a_frame_that_was_not_asked_about_leaves_the_memory(sessions: Sessions, session: Session) -> None:
    saved = remembering(sessions, session, MEMORY)

    later = sessions.save(*step(saved, seen(2)))

    assert later.watch == saved.watch
    assert (sessions.memory(later), another_process(sessions).memory(later)) == (MEMORY, MEMORY)


def test_a_memory_that_another_process_renewed_is_read_anew(sessions: Sessions, session: Session) -> None:
    first = remembering(sessions, session, MEMORY)
    there = another_process(sessions)
    before = there.memory(first), sessions.memory(first)

    second = remembering(there, there.load(session.tenant_id, session.session_id), OTHER_MEMORY)
    loaded = sessions.load(session.tenant_id, session.session_id)

    assert before == (MEMORY, MEMORY)
    assert loaded == second
    assert (sessions.memory(loaded), there.memory(second)) == (OTHER_MEMORY, OTHER_MEMORY)


def test_a_save_that_lost_stores_no_memory(sessions: Sessions, session: Session) -> None:
    saved = remembering(sessions, session, MEMORY)

    with pytest.raises(StaleSession):
        remembering(sessions, session, OTHER_MEMORY)

    assert (sessions.memory(saved), another_process(sessions).memory(saved)) == (MEMORY, MEMORY)


def test_the_memory_is_gone_when_the_session_ends(sessions: Sessions, session: Session) -> None:
    saved = remembering(sessions, session, MEMORY)
    closed, alerts = reducer.close(saved, STARTED_AT + 9.0)

    ended = sessions.save(closed, alerts=alerts)

    assert another_process(sessions).memory(ended) is None
    assert sessions.erase(session.tenant_id, session.session_id)["memories"] == 0


def test_the_process_that_stored_the_memory_forgets_it_when_the_session_ends(
    sessions: Sessions, session: Session
) -> None:
    closed, alerts = reducer.close(remembering(sessions, session, MEMORY), STARTED_AT + 9.0)

    ended = sessions.save(closed, alerts=alerts)

    assert sessions.memory(ended) is None


def test_a_session_that_took_an_erased_ones_id_has_a_memory_of_its_own(
    sessions: Sessions, session: Session
) -> None:
    remembering(sessions, session, MEMORY)
    there = another_process(sessions)
    there.erase(session.tenant_id, session.session_id)
    later = replace(session, started_at=session.started_at + 60)
    there.create(later, None)
    renewed = remembering(there, later, OTHER_MEMORY)

    assert sessions.memory(sessions.load(session.tenant_id, session.session_id)) == OTHER_MEMORY
    assert there.memory(renewed) == OTHER_MEMORY


def test_an_ended_session_may_be_stored_again_though_its_memory_is_gone(
    sessions: Sessions, session: Session
) -> None:
    closed, alerts = reducer.close(remembering(sessions, session, MEMORY), STARTED_AT + 9.0)
    ended = sessions.save(closed, alerts=alerts)

    again = sessions.save(ended)

    assert again == replace(ended, version=ended.version + 1)


def test_a_memory_is_erased_with_its_session(sessions: Sessions, session: Session) -> None:
    saved = remembering(sessions, session, MEMORY)
    place = (session.tenant_id, session.session_id)

    erased = sessions.erase(*place)
    sessions.create(session, None)

    assert erased == {"frames": 1, "alerts": 0, "reports": 0, "memories": 1, "sessions": 1}
    assert (sessions.memory(session), another_process(sessions).memory(saved)) == (None, None)


def test_a_memory_is_its_own_sessions(sessions: Sessions, session: Session) -> None:
    neighbour = replace(session, session_id="s-10")
    sessions.create(neighbour, None)

    one, other = remembering(sessions, session, MEMORY), remembering(sessions, neighbour, OTHER_MEMORY)

    assert (sessions.memory(one), sessions.memory(other)) == (MEMORY, OTHER_MEMORY)


def test_erasing_more_than_one_batch_leaves_nothing(sessions: Sessions, session: Session) -> None:
    current = session
    for start in range(1, 121, 40):
        current = sessions.save(*step(current, *map(seen, range(start, start + 40))))

    assert sessions.erase(session.tenant_id, session.session_id)["frames"] == 120
    assert list(sessions.frames(session.tenant_id, session.session_id)) == []


def test_erasing_what_is_not_there_erases_nothing(sessions: Sessions, tenant: str) -> None:
    assert sessions.erase(tenant, "s-1") == {
        "frames": 0,
        "alerts": 0,
        "reports": 0,
        "memories": 0,
        "sessions": 0,
    }


def test_erasing_one_session_leaves_its_neighbours(sessions: Sessions, many: Session) -> None:
    neighbour = new(many.tenant_id, "s-10")
    sessions.create(neighbour, None)

    sessions.erase(many.tenant_id, many.session_id)

    assert sessions.load(many.tenant_id, "s-10") == neighbour
