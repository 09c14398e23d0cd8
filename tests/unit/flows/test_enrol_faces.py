"""Enrol a username by a few pictures, and recognise it."""

from dataclasses import asdict
from functools import partial

import pytest

from chalicelib.domain.errors import (
    BadPicture,
    Busy,
    Conflict,
    TooManyRequests,
    UpstreamDown,
    VisionUnavailable,
)
from chalicelib.domain.tenants import Limits
from chalicelib.flows.ask_apart import PATIENCE_S
from chalicelib.flows.enrol_faces import EnrolFaces
from chalicelib.flows.learn_faces import BUDGET_S, Learned, Sent
from chalicelib.telemetry import Metric, Work
from tests.fake_faces import ENGINE
from tests.fakes import FakeEvidence, FakeLedger
from tests.unit.flows.face_world import TENANT, FaceWorld, reasons, sent


def test_one_good_picture_among_bad_ones_is_enough_and_the_others_are_named() -> None:
    world = FaceWorld()

    learned = world.enrol("ada", "nobody 1", "ada 2", "crowd 3", "ada 4 dark", "%PDF", "huge", "poor 5")

    assert reasons(learned.outcomes) == [
        *("no_face", None, "several_faces", "too_dark", "not_a_picture", "too_large", "unclear"),
    ]
    assert [each.index for each in learned.outcomes] == list(range(7))
    assert all(each.detail for each in learned.outcomes if each.reason)
    assert len(learned.enrolment.faces) == 1


def test_who_is_enrolled_is_recognised_by_another_picture_and_nobody_else_is() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.enrol("bob", "bob 1")

    found = world.recognise("ada 2")
    assert (found.username, found.similarity, found.threshold, found.engine) == ("ada", 99.0, 80.0, ENGINE)
    stranger = world.recognise("eve 1")
    assert (stranger.username, stranger.similarity, stranger.has_face) == (None, None, True)


def test_a_picture_without_a_face_is_no_error() -> None:
    assert not FaceWorld().recognise("nobody 1").has_face


def test_what_is_no_picture_is_refused_before_anybody_is_asked() -> None:
    world = FaceWorld()

    with pytest.raises(BadPicture):
        world.recognise("%PDF")
    assert world.known_faces.searched == 0


def test_the_threshold_is_the_tenants() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.tenants.change(TENANT, policy={"match_similarity": 99.5})

    found = world.recognise("ada 2")

    assert (found.username, found.threshold) == (None, 99.5)


def test_the_tenants_policy_decides_which_pictures_are_good_enough() -> None:
    world = FaceWorld()
    world.tenants.change(TENANT, policy={"enrol_brightness_from": 1.0, "enrol_yaw_deg": 10.0})

    assert reasons(world.enrol("ada", "ada 1 dark", "ada 2 turned").outcomes) == [None, "turned_away"]


def test_the_same_pictures_again_change_nothing_ask_nobody_and_are_answered_alike() -> None:
    world = FaceWorld()
    first = world.enrol("ada", "ada 1", "ada 2")
    asked = list(world.eyes.asked)

    again = world.enrol("ada", "ada 1", "ada 2")

    assert again == first
    assert world.eyes.asked == asked
    assert (world.vectors, len(again.enrolment.faces)) == (2, 2)


def test_the_same_picture_twice_in_a_request_is_learned_once_and_accepted_twice() -> None:
    world = FaceWorld()

    learned = world.enrol("ada", "ada 1", "ada 1", "nobody 2", "nobody 2")

    assert reasons(learned.outcomes) == [None, None, "no_face", "no_face"]
    assert (world.vectors, len(world.eyes.asked)) == (1, 2)


def test_more_pictures_later_add_to_what_is_known() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.clock.at += 60

    learned = world.enrol("ada", "ada 2")

    assert len(learned.enrolment.faces) == 2
    assert learned.enrolment.updated_at - learned.enrolment.enrolled_at == 60


def test_a_username_with_enough_faces_learns_no_more() -> None:
    world = FaceWorld()
    world.enrol("ada", *(f"ada {number}" for number in range(100)))

    learned = world.enrol("ada", "ada 0", "ada 100")

    assert reasons(learned.outcomes) == [None, "enough_faces"]
    assert world.vectors == 100


def test_requests_side_by_side_fill_a_username_and_no_more() -> None:
    world = FaceWorld()
    world.enrol("ada", *(f"ada {number}" for number in range(99)))
    others: list[Learned] = []

    def another() -> None:
        world.known_faces.after_add = lambda: None  # type: ignore[method-assign]
        others.append(world.enrol("ada", "ada 100"))

    world.known_faces.after_add = another  # type: ignore[method-assign]
    learned = world.enrol("ada", "ada 99")

    assert [reasons(each.outcomes) for each in (*others, learned)] == [[None], ["enough_faces"]]
    assert (len(learned.enrolment.faces), world.vectors) == (100, 100)


def test_nobody_is_known_before_the_registry_says_so() -> None:
    world = FaceWorld()
    seen: list[str | None] = []
    world.known_faces.after_add = lambda: seen.append(world.recognise("ada 9").username)  # type: ignore[method-assign]

    world.enrol("ada", "ada 1")

    assert (seen, world.recognise("ada 9").username) == ([None], "ada")


def test_an_empty_text_is_rejected_with_what_is_wrong_with_it() -> None:
    world = FaceWorld()

    learned = EnrolFaces(world.learn)(TENANT, "ada", [Sent(b"", wrong="No base64."), Sent(b"ada 1")])

    assert reasons(learned.outcomes) == ["not_a_picture", None]
    assert learned.outcomes[0].detail == "No base64."


def test_when_the_provider_fails_the_caller_is_told_and_what_was_learned_stays() -> None:
    world = FaceWorld()

    def fails_from_now() -> None:
        world.known_faces.down = True

    world.known_faces.after_add = fails_from_now  # type: ignore[method-assign]
    with pytest.raises(VisionUnavailable):
        world.enrol("ada", "ada 1", "ada 2")
    world.known_faces.down = False
    assert len(world.enrolments.faces_of(TENANT, "ada") or ()) == 1

    world.known_faces.after_add = lambda: None  # type: ignore[method-assign]
    learned = world.enrol("ada", "ada 1", "ada 2")

    assert (reasons(learned.outcomes), world.vectors) == ([None, None], 2)


def test_when_the_provider_does_not_answer_nothing_is_known_of_a_picture() -> None:
    world = FaceWorld()
    world.eyes.down = True

    with pytest.raises(VisionUnavailable):
        world.enrol("ada", "ada 1")
    assert world.enrolments.faces_of(TENANT, "ada") is None


def delete(world: FaceWorld) -> None:
    world.delete("ada")


def test_a_deletion_while_faces_are_being_learned_wins() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.known_faces.after_add = partial(delete, world)  # type: ignore[method-assign]

    with pytest.raises(Conflict, match="deleted"):
        world.enrol("ada", "ada 2")

    assert world.recognise("ada 2").username is None
    assert (world.vectors, world.enrolments.faces_of(TENANT, "ada")) == (0, None)


def test_a_first_enrolment_is_stopped_by_a_deletion_too() -> None:
    world = FaceWorld()
    world.known_faces.after_add = partial(delete, world)  # type: ignore[method-assign]

    with pytest.raises(Conflict):
        world.enrol("ada", "ada 1")

    assert world.vectors == 0


def test_a_vector_that_could_not_be_deleted_is_left_to_the_sweep() -> None:
    world = FaceWorld()

    def delete_and_fail() -> None:
        world.delete("ada")
        world.known_faces.down = True

    world.known_faces.after_add = delete_and_fail  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        world.enrol("ada", "ada 1")
    world.known_faces.down = False

    assert (world.vectors, world.recognise("ada 1").username) == (1, None)
    world.work()
    assert world.vectors == 0


def test_a_username_can_be_enrolled_again_after_its_deletion_with_the_same_picture() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 1")
    world.delete("ada")

    world.enrol("ada", "ada 1")
    world.work()

    assert (world.recognise("ada 2").username, world.vectors) == ("ada", 1)


def test_two_enrolments_at_once_keep_the_faces_of_both() -> None:
    world = FaceWorld()

    def another() -> None:
        world.known_faces.after_add = lambda: None  # type: ignore[method-assign]
        world.enrol("ada", "ada 2")

    world.known_faces.after_add = another  # type: ignore[method-assign]
    world.enrol("ada", "ada 1")

    assert len(world.enrolments.faces_of(TENANT, "ada") or ()) == 2


def test_a_registry_that_is_always_changed_by_others_is_busy_and_the_sweep_looks_after_the_vector() -> None:
    world = FaceWorld()
    world.enrol("ada", "ada 0")

    def lose() -> None:
        raise Busy("somebody was quicker")

    world.known_faces.after_add = lambda: setattr(world.enrolments, "before_save", lose)  # type: ignore[method-assign]
    with pytest.raises(Busy):
        world.enrol("ada", "ada 1")

    assert [each["job"] for each in world.jobs.sent] == ["sweep_faces"]


def test_calls_wait_for_their_turn_and_give_up_in_the_end() -> None:
    world = FaceWorld(ledger=FakeLedger(tps=5, down=True))

    with pytest.raises(Busy, match="rate"):
        world.recognise("ada 1")

    assert world.slept_s == pytest.approx(PATIENCE_S)
    assert world.ledger.asked[0] == (0.35,)
    assert [each for (each,) in world.ledger.asked] == sorted(each for (each,) in world.ledger.asked)
    assert world.ledger.asked[-1] == (1.0,)


def test_a_rate_so_low_that_its_share_is_no_whole_call_lets_them_through_in_the_end() -> None:
    world = FaceWorld(ledger=FakeLedger(tps=2))

    assert world.enrol("ada", "ada 1").enrolment.faces
    assert 0 < world.slept_s < 2 * PATIENCE_S


def test_pictures_that_there_is_no_time_for_are_not_begun_and_the_same_request_goes_on() -> None:
    world = FaceWorld()

    def take_long() -> None:
        world.clock.at += BUDGET_S + 1

    world.known_faces.after_add = take_long  # type: ignore[method-assign]
    with pytest.raises(UpstreamDown, match="no time left"):
        world.enrol("ada", "ada 2", "ada 1")
    world.known_faces.after_add = lambda: None  # type: ignore[method-assign]

    assert world.vectors == 1
    assert len(world.enrol("ada", "ada 2", "ada 1").enrolment.faces) == 2


def test_calls_count_towards_the_tenants_hour_and_are_refused_beyond_its_budget() -> None:
    world = FaceWorld(limits=Limits(usd_per_hour=0.003))
    world.enrol("ada", "ada 1")
    world.recognise("ada 2")

    assert list(world.ledger.spent.values()) == [3]
    for refused in (lambda: world.recognise("ada 3"), lambda: world.enrol("ada", "ada 4")):
        with pytest.raises(TooManyRequests) as error:
            refused()
        assert 0 < error.value.retry_after_s <= 3601
    world.clock.at += 3600
    assert world.recognise("ada 3").username == "ada"


def test_calls_are_counted_as_those_of_frames_are() -> None:
    world = FaceWorld()

    with Work("done", {}) as work:
        world.enrol("ada", "ada 1", "nobody 2")
        world.recognise("ada 3")

    assert work.counted == {
        Metric.DETECT_FACES: 2,
        Metric.KNOWN_FACES: 2,
        Metric.PROVIDER_CALLS: 4,
        Metric.PROVIDER_USD: pytest.approx(0.004),
    }


def test_a_call_that_failed_is_counted_as_one() -> None:
    world = FaceWorld()
    world.known_faces.down = True

    with Work("done", {}) as work, pytest.raises(UpstreamDown):
        world.recognise("ada 1")

    assert work.counted[Metric.PROVIDER_CALLS_FAILED] == 1


def test_nothing_of_a_picture_is_kept_but_its_name() -> None:
    world = FaceWorld()

    (face,) = world.enrol("ada", "ada 1").enrolment.faces

    assert set(asdict(face)) == {"face_id", "picture", "enrolled_at", "engine"}
    assert b"ada 1".decode() not in str(asdict(face))
    assert (world.uploads.kept, list(FakeEvidence().kept(TENANT, "ada"))) == ({}, [])
    assert sent("ada 1")[0].name == ""
