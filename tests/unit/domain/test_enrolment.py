"""Which pictures are learned from, and whose face is whose."""

import re
from dataclasses import replace

import pytest

from chalicelib.domain.enrolment import (
    DETAILS,
    MOST_FACES,
    USERNAME,
    EnrolledFace,
    Enrolment,
    Reason,
    Recognised,
    deleted,
    is_known,
    owner_of,
    reason_of,
    recognised,
    with_faces,
    wrong_with,
)
from chalicelib.domain.errors import BadPicture, NotAPicture, PictureTooLarge
from chalicelib.domain.faces import KnownFace, Match, Searched
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Pose
from tests import observations as show
from tests.fake_faces import FLAWS, GOOD

NOW = 1_800_000_000.0
ADA = Enrolment("acme", "ada")


def judged(*faces: Face, **policy: float) -> Reason | None:
    return wrong_with(show.view(), faces, Policy(**policy))  # type: ignore[arg-type]


def test_one_good_face_is_learned_from() -> None:
    assert judged(GOOD) is None


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ("small", Reason.FACE_TOO_SMALL),
        ("dark", Reason.TOO_DARK),
        ("bright", Reason.TOO_BRIGHT),
        ("blurred", Reason.BLURRED),
        ("turned", Reason.TURNED_AWAY),
        ("covered", Reason.FACE_COVERED),
    ],
)
def test_a_face_with_a_flaw_is_rejected_with_its_reason(flaw: str, reason: Reason) -> None:
    assert judged(FLAWS[flaw]) is reason


def test_a_picture_of_nobody_or_of_several_is_rejected() -> None:
    assert (judged(), judged(GOOD, GOOD)) == (Reason.NO_FACE, Reason.SEVERAL_FACES)


def test_a_picture_in_which_nothing_is_sharp_is_blurred_whatever_the_provider_says() -> None:
    assert wrong_with(show.view(sharpness=0.05), [GOOD], Policy()) is Reason.BLURRED


def test_what_the_provider_does_not_say_is_not_held_against_a_face() -> None:
    silent = replace(GOOD, pose=None, brightness=None, sharpness=None, face_occluded=None)

    assert judged(silent) is None


def test_a_face_is_measured_by_its_smaller_side_in_pixels_of_what_was_sent() -> None:
    narrow = replace(GOOD, box=replace(GOOD.box, width=50 / 640, height=0.9))

    assert judged(narrow) is None
    assert judged(narrow, enrol_face_px=51) is Reason.FACE_TOO_SMALL


def test_the_thresholds_are_those_of_the_policy() -> None:
    face = replace(GOOD, pose=Pose(36.0, -31.0, 0.0), brightness=10.0, sharpness=15.0)

    assert judged(face) is Reason.TURNED_AWAY
    assert judged(face, enrol_yaw_deg=40.0) is Reason.TURNED_AWAY
    assert judged(face, enrol_yaw_deg=40.0, enrol_pitch_deg=40.0) is Reason.TOO_DARK
    easy = {"enrol_yaw_deg": 40.0, "enrol_pitch_deg": 40.0, "enrol_brightness_from": 5.0}
    assert judged(face, **easy) is Reason.BLURRED
    assert judged(face, **easy, enrol_sharpness_from=15.0) is None
    assert judged(face, **easy, enrol_brightness_to=9.0) is Reason.TOO_BRIGHT


def test_every_reason_says_what_to_do() -> None:
    assert set(DETAILS) == set(Reason)
    assert all(each.endswith(".") for each in DETAILS.values())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotAPicture(""), Reason.NOT_A_PICTURE),
        (PictureTooLarge(""), Reason.TOO_LARGE),
        (BadPicture(""), Reason.BROKEN),
    ],
)
def test_what_cannot_be_looked_at_is_rejected_with_a_reason(error: BadPicture, reason: Reason) -> None:
    assert reason_of(error) is reason


def test_an_owner_says_nothing_of_who_it_is_and_is_each_tenants_own() -> None:
    owners = {owner_of(tenant, name) for tenant in ("acme", "rival") for name in ("ada", "bob")}

    assert len(owners) == 4
    assert all(len(each) == 32 and "ada" not in each for each in owners)
    assert ADA.owner == owner_of("acme", "ada")


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("ada", True),
        ("ada.lovelace+exam@acme-jobs.example", True),
        ("0~_x", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("", False),
        ("-ada", False),
        ("a/b", False),
        ("a b", False),
        ("a#b", False),
        ("ädä", False),
    ],
)
def test_usernames_are_what_stands_in_a_path(*, name: str, taken: bool) -> None:
    assert bool(re.fullmatch(USERNAME, name)) is taken


def face(face_id: str, picture: str = "") -> EnrolledFace:
    return EnrolledFace(face_id, picture or face_id, NOW, "An engine 1")


def test_the_first_faces_begin_an_enrolment_and_later_ones_add_to_it() -> None:
    first = with_faces(ADA, [face("f-1"), face("f-2")], NOW)
    later = with_faces(first, [face("f-2"), face("f-3")], NOW + 60)

    assert first.face_ids == {"f-1", "f-2"}
    assert (first.enrolled_at, first.updated_at) == (NOW, NOW)
    assert later == replace(first, faces=(*first.faces, face("f-3")), updated_at=NOW + 60)
    assert later.pictures == {"f-1", "f-2", "f-3"}


def test_faces_that_it_has_change_nothing() -> None:
    enrolled = with_faces(ADA, [face("f-1")], NOW)

    assert with_faces(enrolled, [face("f-1"), face("f-1")], NOW + 60) is enrolled


def test_a_deletion_begins_another_generation() -> None:
    enrolled = replace(with_faces(ADA, [face("f-1")], NOW), awaited=True, version=3)

    gone = deleted(enrolled, NOW + 60)

    assert gone == replace(enrolled, faces=(), updated_at=NOW + 60, generation=1, awaited=False)
    assert with_faces(gone, [face("f-2")], NOW + 99).enrolled_at == NOW + 99


BOB = with_faces(Enrolment("acme", "bob"), [face("b-1")], NOW)
KNOWN = with_faces(ADA, [face("a-1"), face("a-2")], NOW)
REGISTRY = {each.owner: each for each in (KNOWN, BOB)}


def match(owner: str, face_id: str, similarity: float) -> Match:
    return Match(KnownFace(face_id, owner), similarity)


def test_the_most_similar_face_that_the_registry_knows_is_recognised() -> None:
    searched = Searched(
        (match(BOB.owner, "b-1", 84.0), match(ADA.owner, "a-9", 99.0), match(ADA.owner, "a-2", 91.5)), "E 1"
    )

    assert recognised(searched, REGISTRY, 80.0) == Recognised(80.0, "E 1", "ada", 91.5)


@pytest.mark.parametrize(
    "matches",
    [
        (),
        (match("f" * 32, "a-1", 99.0),),
        (match(BOB.owner, "a-1", 99.0),),
        (match(ADA.owner, "deleted", 99.0),),
        (match(ADA.owner, "a-1", 79.9),),
    ],
    ids=["none", "nobody's", "another's", "deleted", "not similar enough"],
)
def test_what_the_registry_does_not_confirm_is_nobody(matches: tuple[Match, ...]) -> None:
    assert recognised(Searched(matches, "E 1"), REGISTRY, 80.0) == Recognised(80.0, "E 1")


def test_a_picture_without_a_face_is_told_from_one_of_a_stranger() -> None:
    assert not recognised(Searched((), "E 1", found=False), {}, 80.0).has_face


def test_a_face_is_known_by_its_owner_and_its_id() -> None:
    assert is_known(KnownFace("a-1", ADA.owner), REGISTRY)
    assert not is_known(KnownFace("a-1", BOB.owner), REGISTRY)
    assert not is_known(KnownFace("a-1", ADA.owner), {ADA.owner: deleted(KNOWN, NOW)})


def test_a_username_may_have_as_many_faces_as_one_request_has_pictures() -> None:
    assert MOST_FACES == 100
