"""What a look says of who is in view, and when it says nothing."""

from dataclasses import replace

import pytest

from chalicelib.domain.faces import Compared
from chalicelib.domain.identity import (
    Decision,
    GivenAs,
    GivenBy,
    Identity,
    Resembled,
    Trying,
    judged,
    may_tell,
    on_document,
    tries_left,
    unusable,
    with_decision,
)
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import BoundingBox, Face, Pose, Verdict, View
from tests.observations import face, view

POLICY = Policy()
GOAL = Identity(GivenAs.PICTURE, 5.0, reference="reference")
CLEAR = replace(face(), brightness=50.0, sharpness=50.0)


def judge(
    similarity: float | None,
    known: tuple[Face, ...] = (CLEAR,),
    *,
    pixels: View | None = None,
    policy: Policy = POLICY,
    **more: object,
) -> tuple[Verdict, float, str]:
    resembled = Resembled(similarity, "engine 1", **more)  # type: ignore[arg-type]
    said = judged(resembled, known, pixels or view(), policy, GOAL)
    assert (said.similarity, said.engine) == (similarity, "engine 1")
    assert (said.reference, said.given_s) == ("reference", 5.0)
    return said.verdict, said.threshold, said.reason


@pytest.mark.parametrize(
    ("similarity", "verdict", "threshold", "reason"),
    [
        (100.0, Verdict.MATCH, 80.0, ""),
        (80.0, Verdict.MATCH, 80.0, ""),
        (79.9, Verdict.UNCLEAR, 50.0, "between_thresholds"),
        (50.0, Verdict.UNCLEAR, 50.0, "between_thresholds"),
        (49.9, Verdict.MISMATCH, 50.0, ""),
        (0.0, Verdict.MISMATCH, 50.0, ""),
        (None, Verdict.MISMATCH, 50.0, ""),
    ],
)
def test_between_a_match_and_a_mismatch_there_is_what_cannot_be_told(
    similarity: float | None, verdict: Verdict, threshold: float, reason: str
) -> None:
    assert judge(similarity) == (verdict, threshold, reason)


def test_where_the_thresholds_cross_less_than_a_match_is_a_mismatch() -> None:
    policy = Policy(match_similarity=60.0, mismatch_similarity=90.0)

    assert [judge(each, policy=policy)[0] for each in (60.0, 59.9)] == [Verdict.MATCH, Verdict.MISMATCH]


POOR = {
    "small": replace(CLEAR, box=BoundingBox(0.4, 0.4, 47.9 / 640, 0.4)),
    "covered": replace(CLEAR, face_occluded=True),
    "turned": replace(CLEAR, pose=Pose(-40.1, 0.0, 0.0)),
    "dark": replace(CLEAR, brightness=24.9),
    "blurred": replace(CLEAR, sharpness=9.9),
}
FAIR = {
    "small": replace(CLEAR, box=BoundingBox(0.4, 0.4, 48.0 / 640, 0.4)),
    "covered": replace(CLEAR, face_occluded=False),
    "turned": replace(CLEAR, pose=Pose(-40.0, 35.0, 90.0)),
    "dark": replace(CLEAR, brightness=25.0),
    "blurred": replace(CLEAR, sharpness=10.0),
}


@pytest.mark.parametrize("reason", POOR)
def test_a_poor_picture_of_a_face_accuses_nobody_and_may_still_clear(reason: str) -> None:
    assert judge(4.0, (POOR[reason],)) == (Verdict.UNCLEAR, 50.0, reason)
    assert judge(95.0, (POOR[reason],))[0] is Verdict.MATCH
    assert judge(4.0, (FAIR[reason],))[0] is Verdict.MISMATCH


def test_a_head_that_is_thrown_back_is_turned_too() -> None:
    assert unusable(replace(CLEAR, pose=Pose(0.0, 35.1, 0.0)), view(), POLICY) == "turned"


def test_a_picture_that_is_dark_or_blurred_as_a_whole_accuses_nobody() -> None:
    assert judge(4.0, pixels=view(mean=44.0, highlight=139.0)) == (Verdict.UNCLEAR, 50.0, "dark")
    assert judge(4.0, pixels=view(sharpness=0.07)) == (Verdict.UNCLEAR, 50.0, "blurred")


def test_what_the_provider_does_not_say_of_a_face_is_not_held_against_the_look() -> None:
    bare = Face(BoundingBox(0.3, 0.2, 0.4, 0.4), 99.0)

    assert judge(4.0, (bare,))[0] is Verdict.MISMATCH


def test_a_picture_without_a_face_says_nothing() -> None:
    assert judge(None, (), found=False) == (Verdict.UNCLEAR, 50.0, "no_face")


def test_who_is_not_enrolled_any_more_is_accused_of_nothing() -> None:
    assert judge(None, reason="not_enrolled") == (Verdict.UNCLEAR, 50.0, "not_enrolled")


def test_the_comparison_tells_of_its_faces_and_the_look_for_faces_what_covers_them() -> None:
    turned = POOR["turned"]

    assert judge(4.0, (CLEAR,), faces=(turned,))[2] == "turned"
    assert judge(4.0, (turned,), faces=(CLEAR,))[0] is Verdict.MISMATCH
    assert judge(4.0, (POOR["covered"],), faces=(CLEAR,))[2] == "covered"


def test_of_several_faces_the_most_alike_counts_and_one_that_cannot_be_told_may_be_the_one() -> None:
    assert judge(95.0, (CLEAR, POOR["small"]))[0] is Verdict.MATCH
    assert judge(4.0, (CLEAR, CLEAR))[0] is Verdict.MISMATCH
    assert judge(4.0, (CLEAR, POOR["small"])) == (Verdict.UNCLEAR, 50.0, "small")


def test_a_search_with_the_largest_of_several_faces_accuses_nobody() -> None:
    assert judge(None, (CLEAR, CLEAR), largest_only=True) == (Verdict.UNCLEAR, 50.0, "several_faces")
    assert judge(None, (CLEAR,), largest_only=True)[0] is Verdict.MISMATCH
    assert judge(95.0, (CLEAR, CLEAR), largest_only=True)[0] is Verdict.MATCH


def test_asking_may_tell_where_one_face_can_be_told_or_nothing_is_known_of_faces() -> None:
    small = POOR["small"]

    told = [may_tell(faces, view(), POLICY) for faces in (None, (), (small,), (small, CLEAR))]
    assert told == [True, False, False, True]


@pytest.mark.parametrize("faces", [None, ()])
def test_where_faces_are_not_known_nothing_speaks_against_anybody(faces: tuple[Face, ...] | None) -> None:
    told = judged(Resembled(None, "engine", largest_only=True), faces, view(), POLICY, GOAL)

    assert (told.verdict, told.reason) == (Verdict.UNCLEAR, "faces_unknown")


def on(*portraits: tuple[float, float]) -> Resembled:
    """A document with these portraits: how like each is, and its side as a share of the picture's."""
    faces = tuple(replace(CLEAR, box=BoundingBox(0.0, 0.0, side, side)) for _, side in portraits)
    return on_document(Compared(tuple(alike for alike, _ in portraits), "engine", faces), view(), POLICY)


def test_a_document_is_as_like_as_its_portrait_and_a_pale_copy_beside_it_is_part_of_it() -> None:
    assert on((90.0, 0.3)) == Resembled(90.0, "engine")
    assert on((90.0, 0.3), (20.0, 0.15)) == Resembled(90.0, "engine")
    assert on((90.0, 0.3), (88.0, 0.3)) == Resembled(90.0, "engine")
    assert on((20.0, 0.3), (90.0, 0.15)) == Resembled(20.0, "engine")


def test_two_portraits_of_two_people_are_no_document() -> None:
    assert on((90.0, 0.3), (20.0, 0.2)).reason == "several_faces_in_document"
    assert on((20.0, 0.3), (4.0, 0.3)).reason == "several_faces_in_document"
    assert on() == Resembled(None, "engine", found=False, reason="no_face_in_document")


def made(number: int, by: GivenBy) -> Decision:
    return Decision(float(number), GivenAs.PICTURE, by, None, None, 80.0, "engine")


def test_all_tries_of_the_candidate_are_remembered_whatever_the_platform_decides() -> None:
    decisions: tuple[Decision, ...] = ()
    for number in range(5):
        decisions = with_decision(decisions, made(number, GivenBy.CANDIDATE))
    for number in range(5, 30):
        decisions = with_decision(decisions, made(number, GivenBy.PLATFORM))

    assert [each.at_s for each in decisions] == [*range(5), *range(15, 30)]
    assert tries_left(decisions, (), 30.0) == 5


def test_a_try_counts_from_its_beginning_and_lapses_with_a_request_that_died() -> None:
    trying = (Trying("a", GivenBy.CANDIDATE, 30.0), Trying("b", GivenBy.PLATFORM, 30.0))

    assert [tries_left((), trying, at_s) for at_s in (29.9, 30.0)] == [9, 10]


@pytest.mark.parametrize(
    ("seq", "now_s", "overtaken"),
    [(6, 65.0, True), (7, 6.0, False), (6, 65.1, False), (None, 6.0, False)],
)
def test_a_frame_is_excused_if_it_was_overtaken_and_comes_within_a_minute(
    seq: int | None, now_s: float, *, overtaken: bool
) -> None:
    assert replace(GOAL, from_seq=7).excuses(seq, now_s) is overtaken
