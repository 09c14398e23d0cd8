"""What every list of alerts across sessions promises: the one in memory and the one in DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.aws import dynamodb
from chalicelib.aws.alerts import Alerts as DynamoAlerts
from chalicelib.aws.sessions import Sessions as DynamoSessions
from chalicelib.domain import reducer
from chalicelib.domain.alerts import AlertState, ListedAlert, Wanted
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import AttemptOf, FrameRecord, Page, Session, Severity
from chalicelib.domain.seen import Observation
from chalicelib.flows.ports import Alerts, Sessions
from tests.contract.cloud import Cloud, OneAtATime, offline_cloud
from tests.fake_sessions import FakeAlerts, FakeSessions
from tests.observations import STARTED_AT, empty_room, phone, seen, two_people

EACH_INDEX: tuple[dict[str, Any], ...] = ({}, {"exam_id": "math"}, {"candidate_id": "ann"})
OPEN, CLOSED = AlertState.OPEN, AlertState.CLOSED


@dataclass(frozen=True, slots=True)
class Store:
    """Sessions, and their alerts in one list; of one tenant, unless another one is named."""

    sessions: Sessions
    alerts: Alerts
    tenant: str

    def start(self, session_id: str, *, after_s: float = 0.0, **facts: Any) -> Session:  # noqa: ANN401
        """A session that is stored."""
        made = Session(self.tenant, session_id, STARTED_AT + after_s)
        made = replace(made, **facts)
        self.sessions.create(made, None)
        return made

    def watch(self, session: Session, *frames: Observation) -> Session:
        """The session after these frames."""
        stepped, changes = reducer.step(session, *frames)
        return self.sessions.save(stepped, [FrameRecord(each) for each in frames], changes)

    def end(self, session: Session) -> Session:
        """The session when it has ended."""
        ended, changes = reducer.close(session, session.started_at + 99.0)
        return self.sessions.save(ended, alerts=changes)

    def page(self, limit: int = 100, after: str | None = None, **wanted: Any) -> Page[ListedAlert]:  # noqa: ANN401
        return self.alerts.page(self.tenant, Wanted(**wanted), limit, after)

    def listed(self, limit: int = 100, **wanted: Any) -> list[str]:  # noqa: ANN401
        """The alerts of all pages, by their sessions and their types."""
        return [f"{each.session_id} {each.type}" for each in self.all(limit, **wanted)]

    def all(self, limit: int = 100, **wanted: Any) -> list[ListedAlert]:  # noqa: ANN401
        """The alerts of all pages."""
        found: list[ListedAlert] = []
        page = self.page(limit, **wanted)
        while True:
            assert len(page.items) <= limit
            found += page.items
            if page.cursor is None:
                return found
            page = self.page(limit, page.cursor, **wanted)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    # One for each test: in moto a write takes the longer, the more the table holds.
    with offline_cloud() as made:
        yield made


@pytest.fixture(params=["in memory", "in DynamoDB"])
def store(request: pytest.FixtureRequest, tenant: str) -> Store:
    if request.param == "in memory":
        sessions = FakeSessions()
        return Store(sessions, FakeAlerts(sessions), tenant)
    cloud: Cloud = request.getfixturevalue("cloud")
    client, table = cast("Any", OneAtATime(cloud.client("dynamodb"))), cloud.settings.sessions_table
    # A small table is read in as many parts as a large one.
    alerts = DynamoAlerts(client, table, at_once=3, reads=2)
    return Store(DynamoSessions(client, table, retention_s=1e6), alerts, tenant)


def attempt(exam_id: str, candidate_id: str) -> AttemptOf:
    return AttemptOf(exam_id, candidate_id)


@pytest.fixture
def exams(store: Store) -> Store:
    """Two candidates in two exams, and a session without one."""
    for number, (name, of) in enumerate(
        {
            "ann-math": attempt("math", "ann"),
            "bob-math": attempt("math", "bob"),
            "ann-law": attempt("law", "ann"),
            "alone": None,
        }.items()
    ):
        session = store.start(name, after_s=10.0 * number, attempt=of)
        watched = store.watch(session, two_people(1), phone(2), seen(3))
        if name != "bob-math":
            store.end(watched)
    return store


PHONE, TWO = "suspicious_object", "multiple_faces_detected"


def test_alerts_of_all_sessions_come_newest_first(exams: Store) -> None:
    assert exams.listed() == [
        f"alone {PHONE}",
        f"alone {TWO}",
        f"ann-law {PHONE}",
        f"ann-law {TWO}",
        f"bob-math {PHONE}",
        f"bob-math {TWO}",
        f"ann-math {PHONE}",
        f"ann-math {TWO}",
    ]


def test_what_opened_later_is_newer_whichever_session_started_first(store: Store) -> None:
    early, late = store.start("early"), store.start("late", after_s=2.0)
    store.watch(late, phone(1))
    store.watch(early, seen(1), phone(4))

    assert store.listed() == [f"early {PHONE}", f"late {PHONE}"]


def test_a_listed_alert_is_the_stored_one_with_whose_it_is_and_when_it_opened(exams: Store) -> None:
    (listed,) = exams.page(exam_id="law", type=PHONE).items
    stored = list(exams.sessions.alerts(exams.tenant, "ann-law"))

    assert [getattr(listed, name) for name in ("session_id", "exam_id", "candidate_id", "state")] == [
        "ann-law",
        "law",
        "ann",
        CLOSED,
    ]
    assert listed.opened_time == "2027-01-15T08:00:22.000Z"
    assert {name: getattr(listed, name) for name in stored[0].__dataclass_fields__} == {
        name: getattr(stored[1], name) for name in stored[0].__dataclass_fields__
    }


def test_an_alert_of_a_session_without_an_exam_is_nobodys(exams: Store) -> None:
    newest = exams.page(limit=1).items[0]

    assert (newest.session_id, newest.exam_id, newest.candidate_id) == ("alone", None, None)


AT_S = STARTED_AT + 21.0
"""When the older alert of the session `ann-law` opened."""


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"exam_id": "math"}, ["bob-math 2", "bob-math 1", "ann-math 2", "ann-math 1"]),
        ({"candidate_id": "ann"}, ["ann-law 2", "ann-law 1", "ann-math 2", "ann-math 1"]),
        ({"exam_id": "math", "candidate_id": "ann"}, ["ann-math 2", "ann-math 1"]),
        ({"exam_id": "law", "candidate_id": "bob"}, []),
        ({"exam_id": "none"}, []),
        ({"candidate_id": "none"}, []),
        ({"exam_id": "ann"}, []),
        ({"type": PHONE}, ["alone 2", "ann-law 2", "bob-math 2", "ann-math 2"]),
        ({"type": "looking_away"}, []),
        ({"severity": Severity.CRITICAL}, ["alone 1", "ann-law 1", "bob-math 1", "ann-math 1"]),
        ({"state": OPEN}, ["bob-math 2", "bob-math 1"]),
        ({"state": CLOSED, "exam_id": "math"}, ["ann-math 2", "ann-math 1"]),
        ({"state": OPEN, "exam_id": "math", "type": TWO}, ["bob-math 1"]),
        ({"state": OPEN, "candidate_id": "ann"}, []),
        ({"candidate_id": "ann", "exam_id": "math", "severity": Severity.WARNING}, ["ann-math 2"]),
        ({"type": PHONE, "severity": Severity.CRITICAL}, []),
        ({"since": AT_S}, ["alone 2", "alone 1", "ann-law 2", "ann-law 1"]),
        ({"since": AT_S + 0.001}, ["alone 2", "alone 1", "ann-law 2"]),
        ({"until": AT_S}, ["bob-math 2", "bob-math 1", "ann-math 2", "ann-math 1"]),
        ({"until": AT_S + 0.001, "exam_id": "law"}, ["ann-law 1"]),
        ({"since": AT_S, "until": AT_S + 1.0}, ["ann-law 1"]),
        ({"since": AT_S, "until": AT_S}, []),
        ({"since": STARTED_AT, "until": AT_S, "candidate_id": "ann", "type": TWO}, ["ann-math 1"]),
        ({"since": STARTED_AT + 99.0}, []),
    ],
)
def test_filters_leave_what_is_asked_for(exams: Store, wanted: dict[str, Any], expected: list[str]) -> None:
    numbers = {TWO: "1", PHONE: "2"}

    found = {
        limit: [f"{each.session_id} {numbers[each.type]}" for each in exams.all(limit, **wanted)]
        for limit in (1, 2, 100)
    }

    assert found == dict.fromkeys((1, 2, 100), expected)


def test_two_tenants_see_nothing_of_each_other_though_all_their_ids_are_the_same(exams: Store) -> None:
    other = replace(exams, tenant=f"{exams.tenant}x")
    nobody = replace(exams, tenant=exams.tenant[:-1])
    other.watch(other.start("ann-math", attempt=attempt("math", "ann")), phone(1))

    for wanted in EACH_INDEX:
        assert other.listed(**wanted) == [f"ann-math {PHONE}"]
        assert nobody.listed(**wanted) == []
    assert len(exams.listed()) == 8


CURSORS = [
    "x",
    "W10",
    "ünïcode",
    dynamodb.cursor("a", "b"),
    dynamodb.cursor("a#b#c"),
    dynamodb.cursor("a", "b#c#d"),
]


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadInput) as refused:
        store.page(after=cursor)

    assert str(refused.value) == "The cursor is not one that this list gave; start again without it."


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"exam_id": "math", "candidate_id": "bob"},
        {"exam_id": "law"},
        {"exam_id": "math", "since": STARTED_AT},
        {"exam_id": "math", "state": OPEN},
    ],
)
def test_a_cursor_is_good_for_its_own_list_alone(exams: Store, other: dict[str, Any]) -> None:
    cursor = exams.page(limit=1, exam_id="math").cursor
    assert cursor

    with pytest.raises(BadInput):
        exams.page(after=cursor, **other)
    with pytest.raises(BadInput):
        exams.alerts.page(f"{exams.tenant}x", Wanted(exam_id="math"), 1, cursor)


def test_a_cursor_that_was_altered_is_refused(exams: Store) -> None:
    cursor = exams.page(limit=1).cursor
    assert cursor
    place = len(cursor) // 2

    with pytest.raises(BadInput):
        exams.page(after=cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :])


def test_a_page_goes_on_where_the_last_ended_though_its_alert_is_gone(exams: Store) -> None:
    first = exams.page(limit=3)
    exams.sessions.erase(exams.tenant, first.items[-1].session_id)

    rest = exams.page(after=first.cursor)

    assert [each.session_id for each in rest.items] == ["bob-math", "bob-math", "ann-math", "ann-math"]


def test_what_opens_while_pages_are_turned_does_not_shift_them(exams: Store) -> None:
    first = exams.page(limit=3)
    exams.watch(exams.start("later", after_s=60.0), phone(1))

    rest = exams.page(after=first.cursor)

    assert len(rest.items) == 5
    assert exams.listed(limit=1)[0] == f"later {PHONE}"


def test_an_alert_that_extends_keeps_its_place_and_tells_how_long_it_lasts(store: Store) -> None:
    session = store.watch(store.start("s-1"), two_people(1))
    before = store.page(state=OPEN).items
    store.watch(session, two_people(2), two_people(3))

    (after,) = store.page(state=OPEN).items

    assert [each.frames for each in before] == [1]
    assert (after.frames, after.opened_time, after.state) == (3, before[0].opened_time, OPEN)


def test_an_alert_is_open_until_its_episode_closes(store: Store) -> None:
    session = store.watch(store.start("s-1"), two_people(1))
    while_open = store.listed(state=OPEN), store.listed(state=CLOSED)
    store.watch(session, *map(seen, range(2, 12)))

    assert while_open == ([f"s-1 {TWO}"], [])
    assert (store.listed(state=OPEN), store.listed(state=CLOSED)) == ([], [f"s-1 {TWO}"])


def test_an_alert_that_a_late_frame_reopens_is_open(store: Store) -> None:
    # Frame 11 is late: what came after the gap closes the episode, until it turns out that it went on.
    session = store.watch(store.start("s-1"), *[two_people(number) for number in range(1, 11)])
    closed = store.watch(session, *[seen(number) for number in range(12, 17)])
    before = store.listed(state=OPEN), store.listed(state=CLOSED)

    store.watch(closed, replace(two_people(11), at_s=14.9))

    assert before == ([], [f"s-1 {TWO}"])
    assert (store.listed(state=OPEN), store.listed(state=CLOSED)) == ([f"s-1 {TWO}"], [])


def test_when_a_session_has_ended_none_of_its_alerts_is_open(exams: Store) -> None:
    exams.end(exams.sessions.load(exams.tenant, "bob-math"))

    assert exams.listed(state=OPEN) == []
    assert len(exams.listed(state=CLOSED)) == 8


def test_an_alert_that_a_late_frame_moves_has_its_new_place_alone(store: Store) -> None:
    # The second of three frames of nobody comes last: the alert opens with the third, not the fourth.
    session = store.start("s-1")
    for frames in ([empty_room(1), empty_room(3)], [empty_room(4)]):
        session = store.watch(session, *frames)
    before = [each.opened_at for each in store.all()]

    store.watch(session, empty_room(2))

    assert before == [4.0]
    assert [each.opened_at for each in store.all()] == [3.0]
    assert [each.opened_at for each in store.all(since=STARTED_AT + 3.5)] == []


def test_an_alert_that_is_withdrawn_is_not_listed(store: Store) -> None:
    session = store.start("s-1", attempt=attempt("math", "ann"))
    session = store.watch(session, empty_room(1), empty_room(2), empty_room(4))
    before = store.listed(exam_id="math")

    store.watch(session, seen(3))

    assert before == ["s-1 no_face_detected"]
    for wanted in EACH_INDEX:
        assert store.listed(**wanted) == []


def test_alerts_of_a_session_that_is_erased_are_not_listed(exams: Store) -> None:
    exams.sessions.erase(exams.tenant, "ann-math")

    assert exams.listed(exam_id="math") == [f"bob-math {PHONE}", f"bob-math {TWO}"]
    assert exams.listed(candidate_id="ann") == [f"ann-law {PHONE}", f"ann-law {TWO}"]
    assert len(exams.listed()) == 6


def test_a_tenant_without_alerts_has_an_empty_list(store: Store) -> None:
    store.start("s-1")

    assert store.page() == Page(())


def test_alerts_that_opened_at_once_are_all_listed(store: Store) -> None:
    names = [f"s-{number}" for number in range(5)]
    for name in names:
        store.watch(store.start(name), two_people(1))

    assert store.listed(limit=2) == [f"{name} {TWO}" for name in reversed(names)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, 9),
    wanted=st.fixed_dictionaries(
        {},
        optional={
            "exam_id": st.sampled_from(["math", "law"]),
            "candidate_id": st.sampled_from(["ann", "bob"]),
            "type": st.sampled_from([PHONE, TWO]),
            "severity": st.sampled_from(Severity),
            "state": st.sampled_from(AlertState),
            "since": st.integers(0, 40).map(lambda seconds: STARTED_AT + seconds),
            "until": st.integers(40, 80).map(lambda seconds: STARTED_AT + seconds),
        },
    ),
)
def test_pages_of_any_size_hold_together_what_the_list_holds(
    exams: Store, limit: int, wanted: dict[str, Any]
) -> None:
    whole = [each for each in exams.all() if fits(each, Wanted(**wanted))]

    assert exams.all(limit, **wanted) == whole


def fits(alert: ListedAlert, wanted: Wanted) -> bool:
    at_s = STARTED_AT + 10.0 * ["ann-math", "bob-math", "ann-law", "alone"].index(alert.session_id)
    at_s += alert.opened_at
    return (
        wanted.exam_id in {None, alert.exam_id}
        and wanted.candidate_id in {None, alert.candidate_id}
        and wanted.type in {None, alert.type}
        and wanted.severity in {None, alert.severity}
        and wanted.state in {None, alert.state}
        and (wanted.since is None or wanted.since <= at_s)
        and (wanted.until is None or at_s < wanted.until)
    )
