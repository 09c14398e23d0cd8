"""Who a candidate is meant to be: said by the platform, proved by the candidate, decided once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.errors import (
    BadInput,
    BadPicture,
    Busy,
    Conflict,
    Forbidden,
    NotEnrolled,
    NotFound,
    SessionEnded,
    TooManyRequests,
    UpstreamDown,
    VisionUnavailable,
)
from chalicelib.domain.identity import (
    MOST_DECISIONS,
    MOST_TRIES,
    Decision,
    GivenAs,
    GivenBy,
    Identity,
    Trying,
)
from chalicelib.domain.identity_given import Given
from chalicelib.domain.policy import KeepFrames, Policy
from chalicelib.domain.seen import Kind, Look
from chalicelib.flows.tenant_spend import Budget
from tests.fake_identity import BETWEEN, ENGINE, SIMILAR, STRANGE
from tests.fakes import FakeGate, look, name_of
from tests.unit.flows.world import SESSION, TENANT, World, person, started

POLICY = Policy(usd_per_hour=0.0)
PERSON, STRANGER, HAZY, GUEST, NOBODY, MASKED = (
    f"{word} 1".encode() for word in ("person", "stranger", "hazy", "guest", "nobody", "masked")
)


def world_of(policy: Policy = POLICY) -> World:
    world = World(gate=FakeGate(trusting=True))
    world.start(policy)
    world.clock.at += 5.0
    return world


def decide(world: World, given: Given, by: GivenBy = GivenBy.PLATFORM) -> Decision:
    return world.identifier(TENANT, SESSION, given, by)[1]


def test_a_reference_picture_is_kept_and_is_who_the_candidate_is_from_now_on() -> None:
    world = world_of()

    decision = decide(world, Given(reference=PERSON))

    identity = Identity(GivenAs.PICTURE, 5.0, reference=name_of(PERSON), from_seq=1)
    assert (decision.verified, decision.similarity, decision.reasons, decision.given) == (
        None,
        None,
        (),
        identity,
    )
    assert (world.session.identity, world.session.decisions) == (identity, (decision,))
    assert list(world.evidence.kept(TENANT, SESSION)) == [name_of(PERSON)]
    assert world.session.calls_apart == {"DetectFaces": 1}


@pytest.mark.parametrize(
    ("picture", "reason"), [(NOBODY, "no_face"), (GUEST, "several_faces"), (MASKED, "covered")]
)
def test_a_picture_that_cannot_stand_for_one_person_is_not_taken(picture: bytes, reason: str) -> None:
    world = world_of()

    decision = decide(world, Given(reference=picture))

    assert (decision.verified, decision.reasons, decision.given) == (None, (reason,), None)
    assert (world.session.identity, world.session.decisions) == (None, (decision,))
    assert list(world.evidence.kept(TENANT, SESSION)) == []


def test_a_document_that_shows_who_is_there_makes_the_live_picture_the_reference() -> None:
    world = world_of()

    decision = decide(world, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE)

    assert (decision.verified, decision.similarity, decision.threshold, decision.engine) == (
        True,
        SIMILAR,
        70.0,
        ENGINE,
    )
    assert world.session.identity == Identity(GivenAs.DOCUMENT, 5.0, reference=name_of(PERSON), from_seq=1)
    assert list(world.evidence.kept(TENANT, SESSION)) == [name_of(PERSON)]
    assert world.session.calls_apart == {"DetectFaces": 1, "CompareFaces": 1}


def test_a_document_with_somebody_elses_portrait_beside_it_proves_nothing() -> None:
    decision = decide(world_of(), Given(document=b"guest 9", live=PERSON))

    assert (decision.verified, decision.reasons, decision.given) == (
        None,
        ("several_faces_in_document",),
        None,
    )


def test_the_documents_picture_is_kept_where_the_policy_says_so() -> None:
    world = world_of(replace(POLICY, keep_document=True))

    decision = decide(world, Given(document=b"person 9", live=PERSON))

    assert decision.document == name_of(b"person 9")
    assert set(world.evidence.kept(TENANT, SESSION)) == {name_of(PERSON), name_of(b"person 9")}


@pytest.mark.parametrize(
    ("document", "similarity", "reason"),
    [
        (b"stranger 9", STRANGE, "another_person"),
        (b"hazy 9", BETWEEN, "between_thresholds"),
        (b"nobody 9", None, "no_face_in_document"),
    ],
)
def test_a_document_that_does_not_show_who_is_there_sets_nothing(
    document: bytes, similarity: float | None, reason: str
) -> None:
    world = world_of()

    decision = decide(world, Given(document=document, live=PERSON))

    assert decision.verified is (False if reason == "another_person" else None)
    assert (decision.similarity, decision.reasons) == (similarity, (reason,))
    assert (world.session.identity, list(world.evidence.kept(TENANT, SESSION))) == (None, [])


def test_a_username_must_be_enrolled() -> None:
    with pytest.raises(NotEnrolled):
        decide(world_of(), Given(username="ada"))


def enrolled() -> World:
    world = world_of()
    world.enrol("ada", "person 0")
    return world


def test_an_enrolled_username_is_taken_with_or_without_a_live_picture() -> None:
    without, proved = enrolled(), enrolled()

    assert decide(without, Given(username="ada")).verified is None
    assert decide(proved, Given(username="ada", live=PERSON)).verified is True
    for world in (without, proved):
        assert world.session.identity == Identity(GivenAs.USERNAME, 5.0, username="ada", from_seq=1)
        assert list(world.evidence.kept(TENANT, SESSION)) == []


def test_a_live_picture_of_somebody_else_does_not_take_the_username() -> None:
    world = enrolled()

    decision = decide(world, Given(username="ada", live=STRANGER))

    assert (decision.verified, decision.reasons, world.session.identity) == (False, ("another_person",), None)


@pytest.mark.parametrize(("live", "verified"), [(b"person 7", True), (b"stranger 7", False)])
def test_a_live_picture_alone_is_held_against_the_identity_that_there_is(
    live: bytes, *, verified: bool
) -> None:
    by_picture, by_name = world_of(), enrolled()
    decide(by_picture, Given(reference=PERSON))
    decide(by_name, Given(username="ada"))

    for world in (by_picture, by_name):
        before = world.session.identity
        assert decide(world, Given(live=live), GivenBy.CANDIDATE).verified is verified
        assert world.session.identity == before


def test_what_a_candidate_sent_is_answered_as_the_first_time_when_it_was_accepted() -> None:
    world = world_of()
    given = Given(document=b"person 9", live=PERSON)

    once = decide(world, given, GivenBy.CANDIDATE)
    calls = len(world.ledger.asked)

    assert decide(world, given, GivenBy.CANDIDATE) == once
    assert (once.verified, world.session.decisions, len(world.ledger.asked)) == (True, (once,), calls)
    with pytest.raises(Conflict):
        decide(world, Given(document=b"person 9", live=b"person 2"), GivenBy.CANDIDATE)


def by_name() -> World:
    world = enrolled()
    decide(world, Given(username="ada"))
    return world


def test_who_has_no_faces_any_more_costs_no_call_and_no_try() -> None:
    world = by_name()
    world.forget("ada")

    with pytest.raises(NotEnrolled):
        decide(world, Given(live=PERSON), GivenBy.CANDIDATE)

    assert (world.known_faces.searched, world.session.calls_apart) == (0, {})
    assert (len(world.session.decisions), world.session.trying) == (1, ())


def loses_a_face(world: World) -> None:
    world.forget("ada", "person 2")


def loses_all_faces(world: World) -> None:
    world.forget("ada")


def loses_the_collection(world: World) -> None:
    world.known_faces.drop(TENANT)


@pytest.mark.parametrize("change", [loses_a_face, loses_all_faces, loses_the_collection])
def test_who_loses_faces_while_they_are_searched_for_is_told_nothing_for_a_try(
    change: Callable[[World], None],
) -> None:
    world = by_name()
    world.enrol("ada", "person 2")
    world.known_faces.meanwhile = lambda: change(world)

    decision = decide(world, Given(live=STRANGER), GivenBy.CANDIDATE)

    assert (decision.verified, decision.reasons, decision.by) == (None, ("not_enrolled",), GivenBy.CANDIDATE)


def test_what_could_not_be_told_for_lack_of_faces_is_decided_anew() -> None:
    world = by_name()
    world.enrol("ada", "person 2")
    world.known_faces.meanwhile = lambda: loses_a_face(world)

    decide(world, Given(live=STRANGER), GivenBy.CANDIDATE)
    again = decide(world, Given(live=STRANGER), GivenBy.CANDIDATE)

    assert (again.verified, again.reasons) == (False, ("another_person",))
    assert world.session.calls_apart == {"DetectFaces": 2, "SearchFacesByImage": 2}


@pytest.mark.parametrize(
    ("enrolled_meanwhile", "verified", "reasons"),
    [("person 3", False, ("another_person",)), ("stranger 3", True, ())],
)
def test_faces_that_are_enrolled_while_others_are_searched_for_cast_no_doubt(
    enrolled_meanwhile: str, reasons: tuple[str, ...], *, verified: bool
) -> None:
    world = by_name()
    world.known_faces.meanwhile = lambda: world.enrol("ada", enrolled_meanwhile)

    decision = decide(world, Given(live=STRANGER), GivenBy.CANDIDATE)

    assert (decision.verified, decision.reasons) == (verified, reasons)


def test_a_registry_that_fails_after_a_search_leaves_the_call_counted_and_takes_no_try() -> None:
    world = by_name()
    world.budget = Budget(0.001, 100)
    before = world.ledger.spend(TENANT, 0, world.clock.at)

    def fail() -> None:
        world.enrolments.down = True

    world.known_faces.meanwhile = fail
    with pytest.raises(UpstreamDown):
        decide(world, Given(live=STRANGER), GivenBy.CANDIDATE)

    assert world.ledger.spend(TENANT, 0, world.clock.at) - before == 2
    assert world.session.calls_apart == {"DetectFaces": 1, "SearchFacesByImage": 1}
    assert (len(world.session.decisions), world.session.trying) == (1, ())


def test_the_same_request_again_is_decided_once() -> None:
    world = world_of()
    given = Given(document=b"stranger 9", live=PERSON)

    once = decide(world, given)
    calls = len(world.ledger.asked)
    again = decide(world, given)

    assert (again, world.session.decisions, len(world.ledger.asked)) == (once, (once,), calls)


def test_what_was_replaced_meanwhile_is_decided_anew() -> None:
    world = world_of()
    for picture in (b"person 1", b"person 2", b"person 1"):
        decide(world, Given(reference=picture))

    assert world.session.identity is not None
    assert world.session.identity.reference == name_of(b"person 1")
    assert len(world.session.decisions) == 3


@pytest.mark.parametrize(
    "given",
    [
        Given(),
        Given(reference=PERSON, live=PERSON),
        Given(reference=PERSON, username="ada"),
        Given(document=PERSON),
        Given(document=PERSON, live=PERSON, username="ada"),
        Given(document=PERSON, live=PERSON),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(given: Given) -> None:
    with pytest.raises(BadInput):
        decide(world_of(), given)


@pytest.mark.parametrize("given", [Given(reference=PERSON), Given(username="ada", live=PERSON)])
def test_a_candidate_proves_and_never_says_who_it_is(given: Given) -> None:
    with pytest.raises(Forbidden):
        decide(enrolled(), given, GivenBy.CANDIDATE)


def test_a_candidate_replaces_no_identity_and_proves_none_that_there_is_not() -> None:
    given, nothing = world_of(), world_of()
    decide(given, Given(reference=STRANGER))

    with pytest.raises(Conflict):
        decide(given, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE)
    with pytest.raises(Conflict):
        decide(nothing, Given(live=PERSON), GivenBy.CANDIDATE)


def test_a_candidate_has_ten_tries_and_the_platform_any_number() -> None:
    world = world_of()
    for number in range(MOST_TRIES):
        decide(world, Given(document=f"stranger {number}".encode(), live=PERSON), GivenBy.CANDIDATE)

    with pytest.raises(Conflict):
        decide(world, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE)
    assert decide(world, Given(document=b"person 9", live=PERSON)).verified is True


def test_sessions_that_are_over_absent_or_not_to_be_asked_take_no_identity() -> None:
    over, off = world_of(), world_of(replace(POLICY, identity=False))
    over.end()

    with pytest.raises(SessionEnded):
        decide(over, Given(reference=PERSON))
    with pytest.raises(Conflict):
        decide(off, Given(reference=PERSON))
    with pytest.raises(NotFound):
        off.identifier(TENANT, "absent", Given(reference=PERSON), GivenBy.PLATFORM)


def test_what_is_no_picture_is_refused_before_anybody_is_asked() -> None:
    world = world_of()

    with pytest.raises(BadPicture):
        decide(world, Given(reference=b"nonsense"))
    assert world.ledger.asked == []


def test_a_provider_that_fails_decides_nothing() -> None:
    blind, down = world_of(), world_of()
    down.comparison.down = True

    with pytest.raises(VisionUnavailable):
        decide(blind, Given(reference=b"outage 1"))
    with pytest.raises(VisionUnavailable):
        decide(down, Given(document=b"person 9", live=PERSON))
    assert (blind.session.decisions, down.session.decisions) == ((), ())
    assert (blind.session.trying, down.session.trying) == ((), ())


def test_calls_of_a_decision_that_fails_midway_are_the_sessions_and_cost_no_try() -> None:
    world = world_of()
    world.comparison.down = True
    for _ in range(MOST_TRIES + 1):
        with pytest.raises(VisionUnavailable):
            decide(world, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE)

    assert world.session.calls_apart == {"DetectFaces": 11, "CompareFaces": 11}
    assert world.session.watch.calls == 22
    world.comparison.down = False
    assert decide(world, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE).verified is True


def test_side_by_side_no_more_calls_are_made_than_there_are_tries() -> None:
    world = world_of()
    for number in range(MOST_TRIES - 1):
        decide(world, Given(document=f"stranger {number}".encode(), live=PERSON), GivenBy.CANDIDATE)
    refused: list[bool] = []

    def another() -> None:
        with pytest.raises(Conflict):
            decide(world, Given(document=b"person 8", live=PERSON), GivenBy.CANDIDATE)
        refused.append(True)

    world.comparison.meanwhile = another
    calls = len(world.ledger.asked)

    assert decide(world, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE).verified is True
    assert (refused, len(world.ledger.asked) - calls) == ([True], 2)


def test_the_same_request_beside_itself_is_decided_once() -> None:
    world = world_of()
    given = Given(document=b"person 9", live=PERSON)
    refused: list[bool] = []

    def again() -> None:
        with pytest.raises(Busy):
            decide(world, given)
        refused.append(True)

    world.comparison.meanwhile = again
    decision = decide(world, given)

    assert (refused, world.session.decisions, world.session.trying) == ([True], (decision,), ())


def test_a_request_that_died_is_decided_by_its_retry() -> None:
    world = world_of()
    given = Given(document=b"person 9", live=PERSON)
    dead = Trying(given.fingerprint, GivenBy.CANDIDATE, until_s=35.0)
    world.sessions.save(replace(world.session, trying=(dead,)))

    with pytest.raises(Busy):
        decide(world, given, GivenBy.CANDIDATE)
    world.clock.at += 30.0
    assert decide(world, given, GivenBy.CANDIDATE).verified is True
    assert world.session.trying == ()


def test_the_platforms_decisions_give_a_candidate_no_further_tries() -> None:
    world = world_of()
    for number in range(MOST_TRIES):
        decide(world, Given(document=f"stranger {number}".encode(), live=PERSON), GivenBy.CANDIDATE)
    for number in range(MOST_DECISIONS):
        decide(world, Given(reference=f"person {number}".encode()))

    assert len(world.session.decisions) == MOST_DECISIONS
    with pytest.raises(Conflict):
        decide(world, Given(live=b"person 99"), GivenBy.CANDIDATE)


def test_of_a_session_that_ended_while_it_was_decided_no_reference_is_left() -> None:
    world = world_of()
    world.evidence.meanwhile = lambda: (world.end(), world.tidy())

    with pytest.raises(SessionEnded):
        decide(world, Given(reference=PERSON))

    assert [each["job"] for each in world.jobs.sent] == ["tidy_evidence", "tidy_evidence"]
    assert world.tidy() == 1
    assert list(world.evidence.kept(TENANT, SESSION)) == []


def test_where_every_frame_is_kept_nothing_is_left_of_a_request_that_died() -> None:
    world = world_of(replace(POLICY, keep_frames="all"))
    dead = Trying("request", GivenBy.PLATFORM, until_s=35.0)
    world.sessions.save(replace(world.session, trying=(dead,)))
    world.enrol("ada", "person 0")
    world.clock.at += 60.0
    decide(world, Given(username="ada"))
    world.evidence.keep(TENANT, SESSION, look(PERSON))
    world.records("person 66", "person 67")
    world.end()

    assert (world.tidy(), world.pictures) == (1, ["person 66", "person 67"])


def test_who_may_spend_no_more_or_meets_a_busy_provider_comes_again() -> None:
    poor, busy = world_of(), world_of()
    poor.budget = Budget(0.001, 1)
    busy.ledger.down = True
    flow = poor.identifier

    flow(TENANT, SESSION, Given(reference=PERSON), GivenBy.PLATFORM)
    with pytest.raises(TooManyRequests):
        flow(TENANT, SESSION, Given(reference=b"person 2"), GivenBy.PLATFORM)
    with pytest.raises(Busy):
        decide(busy, Given(reference=PERSON))


def test_another_identity_is_asked_about_anew() -> None:
    world = world_of()
    decide(world, Given(reference=PERSON))
    world.records(*person(6, 7))
    decide(world, Given(reference=b"person 8"))

    (record,) = world.records("person 8")

    assert record.observation.looks[Kind.IDENTITY] is Look.ASKED
    assert world.comparison.references[-1] == f"{TENANT}/{SESSION}/{name_of(b'person 8')}"


def test_a_frame_that_was_looked_at_for_an_identity_that_was_replaced_says_nothing_of_the_new_one() -> None:
    world = world_of()
    decide(world, Given(reference=PERSON))
    flow = world.analyzer()
    answered = flow.ask(
        world.session,
        flow.ask.grant(
            world.session, flow.ask.plan(world.session, None, flow.look(b"stranger 1"), 6.0, late=False), 0.0
        ),
        flow.look(b"stranger 1"),
        0.0,
    )
    decide(world, Given(reference=b"person 8"))

    now = answered.of(world.session)

    assert answered.findings.looks[Kind.IDENTITY] is Look.ASKED
    assert (now.findings.identity, now.findings.looks[Kind.IDENTITY]) == (None, Look.PENDING)
    assert now.watch(world.session.watch, version=1, late=False).resemblance is None


def test_the_calls_are_the_sessions_and_in_its_report() -> None:
    world = world_of()
    decide(world, Given(document=b"person 9", live=PERSON))

    assert world.session.watch.calls == 2
    spend = world.end().spend
    assert spend is not None
    assert spend.calls == {"DetectFaces": 1, "DetectLabels": 0, "DetectText": 0, "CompareFaces": 1}


def test_a_session_from_before_has_no_identity() -> None:
    session = started().session

    assert (session.identity, session.decisions) == (None, ())


def test_the_reference_stays_for_who_compares_if_somebody_else_was_found_and_goes_if_not() -> None:
    swapped, calm = world_of(), world_of()
    for world, then in ((swapped, ("stranger 6", "stranger 7", "stranger 8")), (calm, person(6, 7, 8))):
        decide(world, Given(reference=PERSON))
        world.records(*then)
        world.end()
        world.tidy()

    assert name_of(PERSON) in set(swapped.evidence.kept(TENANT, SESSION))
    assert name_of(PERSON) not in set(calm.evidence.kept(TENANT, SESSION))
    told = swapped.end()
    assert told.identity is not None
    assert (told.identity.mismatched, told.identity.verified) == (3, 0)
    assert "verified for 0 of 3 frames" in told.integrity.note


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Given(reference=b"person 8"), Given(reference=b"person 9")),
        (Given(username="ada"), Given(username="bob")),
    ],
)
def test_who_was_held_against_an_identity_that_was_replaced_is_not_accused_by_that(
    first: Given, second: Given
) -> None:
    world = enrolled()
    world.enrol("bob", "person 0")
    decide(world, first)
    world.records("stranger 6", "stranger 7")
    world.clock.at += 2.5
    decide(world, second)

    world.records("stranger 8", "stranger 9")
    assert world.alerts == []
    world.records("stranger 10")
    (alert,) = world.alerts

    assert (alert.timestamp, alert.frames, alert.details["given_at"]) == (8.0, 3, 7.5)


def test_a_frame_that_was_overtaken_before_an_identity_was_given_is_not_held_against_it() -> None:
    world = world_of(replace(POLICY, gate=False))
    decide(world, Given(reference=b"person 8"))
    world.records("stranger 6", "stranger 7", "stranger 9")
    (before,) = world.alerts
    world.clock.at += 25.0
    decide(world, Given(reference=b"person 9"))

    late, inorder = world.records("stranger 8", "stranger 10")

    assert late.observation.looks[Kind.IDENTITY] is Look.PENDING
    assert inorder.observation.looks[Kind.IDENTITY] is Look.ASKED
    assert [alert.id for alert in world.alerts] == [before.id]


def test_neither_a_clock_that_is_behind_nor_numbers_that_go_backwards_excuse_for_long() -> None:
    behind, backwards = (world_of(replace(POLICY, gate=False)) for _ in range(2))
    for world in (behind, backwards):
        world.clock.at += 895.0
        world.records("nobody 500")
        decide(world, Given(reference=b"person 8"))
    backwards.clock.at += 61.0

    slow = behind.records("stranger 501", "stranger 502", "stranger 503")
    turned = backwards.records("stranger 400", "stranger 401", "stranger 402")

    assert {each.observation.looks[Kind.IDENTITY] for each in (*slow, *turned)} == {Look.ASKED}
    backwards.end()
    for world in (behind, backwards):
        assert "identity_mismatch" in [alert.type for alert in world.alerts]


def test_after_a_mismatch_the_references_of_it_and_of_the_identity_since_are_kept() -> None:
    world = world_of()
    decide(world, Given(reference=b"person 8"))
    world.records("stranger 6", "stranger 7", "stranger 8")
    decide(world, Given(reference=b"person 9"))
    world.end()
    world.tidy()

    assert {name_of(b"person 8"), name_of(b"person 9")} <= set(world.evidence.kept(TENANT, SESSION))


def test_a_live_picture_is_held_anew_against_another_identity() -> None:
    world = world_of()
    decide(world, Given(reference=PERSON))
    first = decide(world, Given(live=b"person 5"))
    decide(world, Given(reference=b"person 8"))
    asked = len(world.comparison.references)

    second = decide(world, Given(live=b"person 5"))

    assert first.against != second.against == world.session.identity
    assert len(world.comparison.references) == asked + 1


def test_who_proves_an_identity_while_another_is_given_does_not_replace_it() -> None:
    world = world_of()
    world.comparison.meanwhile = lambda: decide(world, Given(reference=b"person 8"))

    with pytest.raises(Conflict):
        decide(world, Given(document=b"person 9", live=PERSON), GivenBy.CANDIDATE)

    assert world.session.identity is not None
    assert world.session.identity.reference == name_of(b"person 8")
    assert set(world.evidence.kept(TENANT, SESSION)) == {name_of(b"person 8")}


@pytest.mark.parametrize("keep_frames", ["evidence", "all"])
def test_whoever_decides_while_another_identity_is_given_does_not_replace_it(
    keep_frames: KeepFrames,
) -> None:
    world = world_of(replace(POLICY, keep_frames=keep_frames))
    world.comparison.meanwhile = lambda: decide(world, Given(reference=b"person 8"))

    with pytest.raises(Conflict):
        decide(world, Given(document=b"person 9", live=PERSON))

    assert world.session.identity is not None
    assert world.session.identity.reference == name_of(b"person 8")
    shown = [f"stranger {number}" for number in range(6, 13)]
    world.records(*shown)
    world.end()
    world.tidy()
    kept = set(world.evidence.kept(TENANT, SESSION))
    frames = {name_of(each.encode()) for each in shown}
    assert name_of(PERSON) not in kept
    assert name_of(b"person 8") in kept
    assert frames <= kept if keep_frames == "all" else not frames <= kept
