"""Starting a session."""

from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.errors import BadInput, Conflict, NotFound, SessionExists, TooManyRequests
from chalicelib.domain.model import Session, Ticket
from chalicelib.domain.policy import Overrides, Policy
from chalicelib.domain.tenants import Limits
from chalicelib.flows.open_session import OpenSession
from tests.fake_sessions import FakeSessions
from tests.observations import STARTED_AT, session
from tests.unit.flows.world import SESSION, TENANT, World, started

TICKET = Ticket("order-66", "a" * 64)


def test_a_session_is_started_and_stored() -> None:
    world = World()

    made = world.start(Policy(text=False))

    assert made == replace(
        session(Policy(text=False)), job={"title": "Engineer"}, candidate={"id": 7}, consent={"given": True}
    )
    assert world.session == made


def test_a_session_without_an_id_is_given_one() -> None:
    world = World()

    assert [world.start(session_id=None).session_id for _ in range(2)] == ["id-1", "id-2"]


def test_the_start_is_known_to_the_millisecond() -> None:
    world = World()
    world.clock.at = STARTED_AT + 0.123456

    assert world.start().started_at == STARTED_AT + 0.123


def test_an_id_that_was_used_is_refused() -> None:
    world = started()

    with pytest.raises(SessionExists):
        world.start(Policy(text=False))

    assert world.session.policy == Policy()


def test_the_id_of_an_ended_session_is_refused_too() -> None:
    world = started()
    world.end()

    with pytest.raises(SessionExists):
        world.start()


def test_two_tenants_may_use_the_same_id() -> None:
    world = started()

    other = world.start(tenant_id="rival")

    assert (other.tenant_id, other.session_id) == ("rival", "s-1")


def test_the_same_request_with_the_same_key_answers_the_session_that_was_made() -> None:
    world = World()

    first = world.start(session_id=None, ticket=TICKET)
    world.clock.at += 60.0

    assert world.start(session_id=None, ticket=TICKET) == first
    assert world.sessions.rows(TENANT, 10, None).total == 1


def test_the_same_key_answers_the_session_as_it_is_now() -> None:
    world = World()
    world.start(ticket=TICKET)
    world.records("person 1")

    assert world.start(ticket=TICKET) == world.session


def test_another_request_with_the_same_key_is_a_conflict() -> None:
    world = World()
    world.start(session_id=None, ticket=TICKET)

    with pytest.raises(Conflict) as refused:
        world.start(session_id=None, ticket=replace(TICKET, fingerprint="b" * 64))

    assert type(refused.value) is Conflict
    assert world.sessions.rows(TENANT, 10, None).total == 1


def test_a_key_whose_session_was_erased_is_a_conflict_that_says_so() -> None:
    world = World()
    world.start(ticket=TICKET)
    world.erase()

    with pytest.raises(Conflict, match="erased"):
        world.start(ticket=TICKET)


def test_another_key_with_the_same_id_is_refused() -> None:
    world = World()
    world.start(ticket=TICKET)

    with pytest.raises(SessionExists):
        world.start(ticket=replace(TICKET, key="order-67"))


def test_two_tenants_may_use_the_same_key() -> None:
    world = World()
    mine = world.start(session_id=None, ticket=TICKET)

    theirs = world.start(session_id=None, ticket=TICKET, tenant_id="rival")

    assert (mine.session_id, theirs.session_id) == ("id-1", "id-2")


@dataclass
class Raced(FakeSessions):
    """Somebody with the same key is a moment quicker."""

    rival: Ticket | None = None

    def create(self, session: Session, ticket: Ticket | None, most_a_day: int = 0) -> None:
        if self.rival:
            super().create(replace(session, session_id="theirs"), self.rival, most_a_day)
            self.rival = None
        super().create(session, ticket, most_a_day)


def test_the_same_request_that_lost_the_race_answers_the_winners_session() -> None:
    world = World(sessions=Raced(rival=TICKET))

    assert world.start(session_id=None, ticket=TICKET).session_id == "theirs"


def test_another_request_that_lost_the_race_for_its_key_is_a_conflict() -> None:
    world = World(sessions=Raced(rival=replace(TICKET, fingerprint="b" * 64)))

    with pytest.raises(Conflict, match="another request"):
        world.start(session_id=None, ticket=TICKET)


def test_a_policy_that_names_no_alert_type_is_refused_and_nothing_is_stored() -> None:
    world = World()

    with pytest.raises(BadInput):
        world.start(Policy(alerts_off=("blured",)), ticket=TICKET)

    with pytest.raises(NotFound):
        world.sessions.load(TENANT, "s-1")
    assert world.sessions.ticket(TENANT, TICKET.key) is None


@pytest.mark.parametrize("wanted", [True, False])
def test_emotions_that_the_operator_forbids_are_off_whatever_the_client_wants(*, wanted: bool) -> None:
    world = World(emotions_allowed=False)

    made = world.start(Policy(emotions=wanted, labels=False))
    (record,) = world.records("person 1")

    assert made.policy == Policy(emotions=False, labels=False)
    assert [face.emotions for face in record.observation.faces or ()] == [{}]
    assert world.end().emotion_summary is None


def test_a_session_starts_under_its_tenants_policy_with_its_own_over_it() -> None:
    world = World()
    world.tenants.change(TENANT, policy={"yaw_deg": 40.0, "pitch_deg": 35.0, "alerts_off": ["blurred"]})

    session = opened(world, policy={"yaw_deg": 50.0})

    assert session.policy == Policy(yaw_deg=50.0, pitch_deg=35.0, alerts_off=("blurred",))


def test_a_tenants_policy_concerns_nobody_else_and_no_session_that_is_under_way() -> None:
    world = World()
    before = opened(world, policy={})
    world.tenants.change(TENANT, policy={"text": False})

    theirs = opened(world, policy={}, tenant_id="rival")

    assert (world.sessions.load(TENANT, before.session_id).policy, theirs.policy) == (Policy(), Policy())


def test_as_many_sessions_start_on_a_day_as_the_limit_says_and_the_next_day_as_many_again() -> None:
    world = limited(2)
    for number in range(2):
        opened(world, session_id=f"s-{number}")

    with pytest.raises(TooManyRequests, match="All 2 sessions of today") as refused:
        opened(world, session_id="s-9")
    opened(world, session_id="s-9", tenant_id="rival")
    world.clock.at += refused.value.retry_after_s

    assert opened(world, session_id="s-9").session_id == "s-9"
    assert refused.value.retry_after_s == 16 * 3600


def test_a_start_that_is_sent_again_counts_once_and_is_answered_when_the_day_is_used_up() -> None:
    world = limited(1)
    first = opened(world, session_id=None, ticket=TICKET)

    again = [opened(world, session_id=None, ticket=TICKET) for _ in range(3)]

    assert again == [first] * 3
    assert world.sessions.starts(TENANT, STARTED_AT) == 1
    with pytest.raises(SessionExists):
        opened(world, session_id=first.session_id)


def test_a_limit_that_is_taken_away_counts_nothing() -> None:
    world = limited(1)
    opened(world, session_id="s-1")
    world.tenants.limit(TENANT, Limits())

    assert [opened(world, session_id=each).session_id for each in ("s-2", "s-3")] == ["s-2", "s-3"]
    assert world.sessions.starts(TENANT, STARTED_AT) == 1


def limited(sessions_per_day: int) -> World:
    world = World()
    world.tenants.limit(TENANT, Limits(sessions_per_day=sessions_per_day))
    return world


def opened(
    world: World,
    *,
    policy: Overrides | None = None,
    session_id: str | None = SESSION,
    ticket: Ticket | None = None,
    tenant_id: str = TENANT,
) -> Session:
    flow = OpenSession(world.sessions, world.tenants, world.clock, world.ids.pop, emotions_allowed=True)
    return flow(
        tenant_id,
        session_id=session_id,
        policy=policy or {},
        job={},
        candidate={},
        consent={},
        ticket=ticket,
    )
