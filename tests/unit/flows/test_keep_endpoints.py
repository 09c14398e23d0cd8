"""Keeping the endpoints of a tenant."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.errors import BadInput, Conflict, NotFound
from chalicelib.domain.webhooks import CALLBACKS, GONE, Endpoint, EventType, Secret, new_secret
from chalicelib.flows.keep_endpoints import MOST_ENDPOINTS, SWITCHED_OFF, Change
from tests.fake_webhooks import FakeEndpoints
from tests.observations import STARTED_AT
from tests.unit.flows.image_world import HOOK, TENANT, ImageWorld

ALERT, ENDED = EventType.SESSION_ALERT, EventType.SESSION_ENDED


@dataclass(slots=True)
class RacingEndpoints(FakeEndpoints):
    """A store in which somebody else is quicker, once."""

    meanwhile: Callable[[], object] | None = None

    def save(self, endpoint: Endpoint) -> Endpoint:
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        return FakeEndpoints.save(self, endpoint)


def later(world: ImageWorld) -> float:
    world.clock.at += 100
    return world.clock.at


def test_a_new_endpoint_has_a_secret_of_its_own_and_is_told_what_happens_from_now_on() -> None:
    world = ImageWorld()
    made = world.keeper.create(TENANT, HOOK, [ALERT, ENDED], "all of it")
    other = world.listen()

    assert made == Endpoint(
        TENANT,
        made.endpoint_id,
        HOOK,
        STARTED_AT,
        made.secrets,
        frozenset({ALERT, ENDED}),
        "all of it",
        since=STARTED_AT,
        version=1,
    )
    assert made.secrets[0] == Secret(new_secret(lambda count: b"\x02" * count).text)
    assert made.secrets != other.secrets
    assert world.keeper.load(TENANT, made.endpoint_id) == made
    assert world.keeper.all(TENANT) == [made, other]


@pytest.mark.parametrize("url", ["http://hooks.example/", "https://169.254.169.254/", "https://a@b.example/"])
def test_an_address_that_nothing_is_posted_to_is_refused(url: str) -> None:
    world = ImageWorld()
    kept = world.listen()

    with pytest.raises(BadInput):
        world.keeper.create(TENANT, url, [ALERT])
    with pytest.raises(BadInput):
        world.keeper.change(TENANT, kept.endpoint_id, Change(url=url))
    assert world.keeper.all(TENANT) == [kept]


def test_a_tenant_has_ten_endpoints_at_the_most_its_callbacks_not_counted() -> None:
    world = ImageWorld()
    world.keeper.load(TENANT, CALLBACKS)
    made = [world.listen() for _ in range(MOST_ENDPOINTS)]

    with pytest.raises(Conflict):
        world.listen()
    world.keeper.remove(TENANT, made[0].endpoint_id)
    assert world.listen() in world.keeper.all(TENANT)


def test_callbacks_are_made_when_they_are_first_asked_for() -> None:
    world = ImageWorld()
    before = world.keeper.all(TENANT)

    first = world.keeper.load(TENANT, CALLBACKS)

    assert (before, world.keeper.all(TENANT)) == ([], [first])
    assert (first.url, first.events, len(first.secrets)) == ("", frozenset(), 1)
    assert world.keeper.find(TENANT, CALLBACKS) == first


def test_two_that_ask_for_callbacks_first_get_the_same_secret() -> None:
    world = ImageWorld(endpoints=RacingEndpoints())
    assert isinstance(world.endpoints, RacingEndpoints)
    others: list[Endpoint] = []
    world.endpoints.meanwhile = lambda: others.append(world.keeper.load(TENANT, CALLBACKS))

    assert [world.keeper.load(TENANT, CALLBACKS)] == others


def test_callbacks_are_neither_changed_nor_deleted_but_their_secret_is() -> None:
    world = ImageWorld()
    known = world.keeper.load(TENANT, CALLBACKS)

    with pytest.raises(Conflict):
        world.keeper.change(TENANT, CALLBACKS, Change(disabled=True))
    with pytest.raises(Conflict):
        world.keeper.remove(TENANT, CALLBACKS)
    rotated = world.keeper.rotate(TENANT, CALLBACKS, 60.0)
    assert rotated.secrets[1] == replace(known.secrets[0], until=STARTED_AT + 60)
    assert rotated.secrets[0].text != known.secrets[0].text


def test_what_is_not_named_stays_as_it_is() -> None:
    world = ImageWorld()
    known = world.listen(ALERT)
    later(world)

    renamed = world.keeper.change(TENANT, known.endpoint_id, Change(description="ours"))
    moved = world.keeper.change(TENANT, known.endpoint_id, Change(url="https://other.example/"))

    assert renamed == replace(known, description="ours", version=2)
    assert moved == replace(renamed, url="https://other.example/", version=3)


def test_an_endpoint_that_is_enabled_again_is_not_told_what_it_missed() -> None:
    world = ImageWorld()
    known = world.listen(ALERT)
    off = world.keeper.change(TENANT, known.endpoint_id, Change(disabled=True))
    again = world.keeper.change(TENANT, known.endpoint_id, Change(disabled=True))
    now = later(world)
    on = world.keeper.change(TENANT, known.endpoint_id, Change(disabled=False))
    later(world)
    still = world.keeper.change(TENANT, known.endpoint_id, Change(disabled=False))

    assert (off.disabled, off.since, again.disabled) == (SWITCHED_OFF, STARTED_AT, SWITCHED_OFF)
    assert (on.disabled, on.since, still.since) == ("", now, now)


def test_why_an_endpoint_was_disabled_first_stays_the_reason() -> None:
    world = ImageWorld()
    known = world.listen()
    world.keeper.disable(known, GONE)

    assert world.keeper.change(TENANT, known.endpoint_id, Change(disabled=True)).disabled == GONE


def test_an_endpoint_that_wants_more_is_told_it_from_now_on_and_one_that_wants_less_goes_on() -> None:
    world = ImageWorld()
    known = world.listen(ALERT)
    now = later(world)
    more = world.keeper.change(TENANT, known.endpoint_id, Change(events=[ALERT, ENDED]))
    later(world)
    less = world.keeper.change(TENANT, known.endpoint_id, Change(events=[ALERT]))

    assert (more.events, more.since) == (frozenset({ALERT, ENDED}), now)
    assert (less.events, less.since) == (frozenset({ALERT}), now)


def test_of_two_changes_at_the_same_time_none_is_lost() -> None:
    world = ImageWorld(endpoints=RacingEndpoints())
    assert isinstance(world.endpoints, RacingEndpoints)
    known = world.listen(ALERT)
    world.endpoints.meanwhile = lambda: world.keeper.rotate(TENANT, known.endpoint_id, 60.0)

    changed = world.keeper.change(TENANT, known.endpoint_id, Change(description="ours"))

    assert (changed.description, len(changed.secrets), changed.version) == ("ours", 2, 3)


def test_an_endpoint_is_disabled_once_and_not_for_what_its_owner_changed_meanwhile() -> None:
    world = ImageWorld()
    known = world.listen(ALERT)
    later(world)
    moved = world.keeper.change(TENANT, known.endpoint_id, Change(url="https://other.example/"))
    world.keeper.disable(known, GONE)
    kept = world.keeper.load(TENANT, known.endpoint_id)
    for why in (GONE, "something else"):
        world.keeper.disable(moved, why)

    assert kept == moved
    assert world.keeper.load(TENANT, known.endpoint_id) == replace(moved, disabled=GONE, version=3)


def test_an_answer_that_came_before_it_was_enabled_again_disables_nothing() -> None:
    world = ImageWorld()
    known = world.listen(ALERT)
    world.keeper.change(TENANT, known.endpoint_id, Change(disabled=True))
    later(world)
    enabled = world.keeper.change(TENANT, known.endpoint_id, Change(disabled=False))

    world.keeper.disable(known, GONE)

    assert world.keeper.load(TENANT, known.endpoint_id) == enabled


def test_an_endpoint_that_was_deleted_is_gone_for_good() -> None:
    world = ImageWorld()
    known = world.listen()
    world.keeper.remove(TENANT, known.endpoint_id)
    world.keeper.disable(known, GONE)

    assert (world.keeper.find(TENANT, known.endpoint_id), world.keeper.all(TENANT)) == (None, [])
    for attempt in (
        lambda: world.keeper.load(TENANT, known.endpoint_id),
        lambda: world.keeper.change(TENANT, known.endpoint_id, Change(description="ours")),
        lambda: world.keeper.rotate(TENANT, known.endpoint_id, 0),
        lambda: world.keeper.remove(TENANT, known.endpoint_id),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_nobody_sees_or_changes_another_tenants_endpoint() -> None:
    world = ImageWorld()
    known = world.listen()

    with pytest.raises(NotFound):
        world.keeper.load("rival", known.endpoint_id)
    with pytest.raises(NotFound):
        world.keeper.remove("rival", known.endpoint_id)
    assert (world.keeper.all("rival"), world.keeper.all(TENANT)) == ([], [known])
