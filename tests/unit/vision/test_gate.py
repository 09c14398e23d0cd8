"""Which answers no longer hold, by pixels alone."""

from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.attention import Change
from chalicelib.domain.seen import SIGHTS, BoundingBox, Face, Kind, Picture, Why
from chalicelib.vision import memory as memories
from chalicelib.vision.checks import look
from chalicelib.vision.gate import Gate
from chalicelib.vision.learning import LOOKS, VIEWS
from tests.unit.vision import scenes
from tests.unit.vision.pictures import Pixels, covered, flat, jpeg, png, portrait
from tests.unit.vision.scenes import FACE, GUEST, PHONE, noisy, picture

GATE = Gate()
EVERYTHING = SIGHTS
PRINT = ("the answer", "is 42 and so", "the square of", "hypotenuse is") * 5
TEXT = ("the answer is 42 of c", "the square of the", "hypotenuse is equal") * 3
ODD_BOXES = (
    BoundingBox(-0.2, -0.3, 0.4, 0.6),
    BoundingBox(0.9, 0.9, 0.5, 0.5),
    BoundingBox(0.5, 0.5, 0.0, 0.0),
    BoundingBox(1.2, 1.2, 0.1, 0.1),
)


def learnt(
    pixels: Pixels,
    before: bytes | None = None,
    *,
    asked: Collection[Kind] = EVERYTHING,
    faces: Sequence[Face] = (FACE,),
    signed: Mapping[Kind, Sequence[BoundingBox]] | None = None,
) -> bytes:
    """What is remembered once the provider was asked about this view."""
    return GATE.learn(GATE.draft(picture(pixels), before), asked, faces, signed or {})


def doubts(remembered: bytes, pixels: Pixels) -> Mapping[Kind, Why]:
    """What is doubted of a frame that cannot wait."""
    return GATE.weigh(picture(pixels), remembered, b"", b"", patient=False).doubts


def patiently(remembered: bytes, *frames: Pixels) -> list[Mapping[Kind, Why]]:
    """What is doubted of frames that follow each other soon, each with noise of its own."""
    glimpse, before, told = b"", b"", []
    for number, pixels in enumerate(frames):
        each = picture(noisy(pixels, seed=number))
        change = GATE.weigh(each, remembered, glimpse, before, patient=True)
        told.append(change.doubts)
        glimpse, before = change.glimpse, each.view.fingerprint
    return told


PORTRAIT = learnt(portrait())


@pytest.mark.parametrize(
    "view",
    [
        portrait(),
        noisy(portrait()),
        scenes.lit(0.85),
        scenes.lit(0.9),
        scenes.lit(1.1),
        scenes.lit(1.2),
        scenes.shifted(2, 0),
        scenes.shifted(0, -2),
        scenes.shifted(2, 2),
    ],
    ids=[
        "the same",
        "noise",
        "darker",
        "a little darker",
        "a little brighter",
        "brighter",
        "down",
        "left",
        "both",
    ],
)
def test_the_same_view_raises_no_doubt_whatever_the_camera_makes_of_it(view: Pixels) -> None:
    assert doubts(PORTRAIT, view) == {}


def test_a_picture_of_another_format_is_the_same_view() -> None:
    large_png = look(png(portrait()))

    assert GATE.weigh(large_png, PORTRAIT, b"", b"", patient=False) == Change()


def test_a_pale_phone_before_a_pale_wall_is_doubted_at_once_where_nobody_can_wait() -> None:
    assert doubts(PORTRAIT, scenes.pale_phone())[Kind.LABELS] is Why.NEW


def test_a_pale_phone_before_a_pale_wall_is_doubted_when_it_shows_for_the_second_time() -> None:
    first, second, third = patiently(PORTRAIT, portrait(), scenes.pale_phone(), scenes.pale_phone())

    assert (first, second) == ({}, {})
    assert third[Kind.LABELS] is Why.NEW


def test_a_gesture_that_is_elsewhere_in_the_next_frame_is_not_doubted() -> None:
    gestures = [scenes.gesture(60, 150), scenes.gesture(560, 300), scenes.gesture(430, 150)]

    assert patiently(PORTRAIT, *gestures, portrait(), *gestures) == [{}] * 7


def test_a_view_that_is_all_new_is_doubted_at_once() -> None:
    (first,) = patiently(PORTRAIT, scenes.chequered(1))

    assert set(first) == set(SIGHTS)


def test_what_was_asked_about_is_not_asked_about_again_whether_it_stays_or_comes_back() -> None:
    remembered = learnt(noisy(scenes.pale_phone(), seed=9), PORTRAIT)

    frames = [scenes.pale_phone(), scenes.pale_phone(), portrait(), scenes.pale_phone(), scenes.pale_phone()]
    assert patiently(remembered, *frames) == [{}] * 5


def test_what_was_not_answered_is_doubted_on() -> None:
    remembered = learnt(scenes.pale_phone(), PORTRAIT, asked=[Kind.FACES, Kind.TEXT])

    assert doubts(remembered, noisy(scenes.pale_phone())) == {Kind.LABELS: Why.NEW}


def test_print_is_doubted_for_text_and_a_plain_card_is_not() -> None:
    print_, plain = doubts(PORTRAIT, scenes.card(*TEXT)), doubts(PORTRAIT, scenes.card())

    assert (print_.get(Kind.TEXT), plain.get(Kind.TEXT)) == (Why.NEW, None)
    assert print_[Kind.LABELS] is plain[Kind.LABELS] is Why.NEW


def test_print_as_bright_as_the_wall_is_doubted_for_text_alone() -> None:
    assert doubts(PORTRAIT, scenes.print_on_the_wall(*PRINT)) == {Kind.TEXT: Why.NEW}


def test_print_that_was_read_is_not_doubted_again_where_it_stays() -> None:
    page = scenes.print_on_the_wall(*PRINT)

    remembered = learnt(page, PORTRAIT)

    assert doubts(remembered, noisy(page)) == {}


def test_a_face_that_is_gone_is_lost_at_once() -> None:
    (first,) = patiently(PORTRAIT, scenes.empty_seat())

    assert first[Kind.FACES] is Why.FACE_LOST


@pytest.mark.parametrize(
    "view",
    [scenes.turned_head(), scenes.other_gaze(), scenes.other_face()],
    ids=["head", "eyes", "other face"],
)
def test_a_face_that_looks_different_is_turned_at_once(view: Pixels) -> None:
    (first,) = patiently(PORTRAIT, view)

    assert first[Kind.FACES] is Why.FACE_TURNED


def test_a_face_that_was_asked_about_in_both_ways_is_not_doubted_in_either() -> None:
    remembered = learnt(scenes.turned_head(), PORTRAIT)

    assert patiently(remembered, portrait(), scenes.turned_head(), portrait()) == [{}] * 3


def test_a_face_that_looked_away_is_doubted_when_it_looks_back() -> None:
    away = learnt(scenes.turned_head(), PORTRAIT, signed={Kind.FACES: ()})

    still_away, back = patiently(away, scenes.turned_head(), portrait())

    assert Kind.FACES not in still_away
    assert back[Kind.FACES] in (Why.FACE_TURNED, Why.GONE)


def test_another_who_was_seen_before_is_another_still_when_they_come_back() -> None:
    other = learnt(scenes.other_face(), PORTRAIT, signed={Kind.IDENTITY: ()})
    back = learnt(portrait(), other)

    assert patiently(other, scenes.other_face()) == [{}]
    assert doubts(other, portrait())[Kind.FACES] is Why.FACE_TURNED
    assert patiently(back, portrait()) == [{}]
    assert doubts(back, scenes.other_face())[Kind.FACES] is Why.FACE_TURNED


@pytest.mark.parametrize(
    ("view", "faces", "kind", "boxes"),
    [
        (scenes.pale_phone(), (FACE,), Kind.LABELS, (PHONE,)),
        (scenes.pale_phone(), (FACE,), Kind.LABELS, ()),
        (scenes.card(*TEXT), (FACE,), Kind.TEXT, (BoundingBox(0.6, 0.05, 0.38, 0.57),)),
        (scenes.guest(), (FACE, GUEST), Kind.FACES, (GUEST.box,)),
        (scenes.empty_seat(), (), Kind.FACES, ()),
    ],
    ids=["a phone", "a phone somewhere", "a note", "a guest", "nobody"],
)
def test_what_raised_a_sign_is_not_doubted_while_it_stays_and_is_once_it_is_gone(
    view: Pixels, faces: Sequence[Face], kind: Kind, boxes: Sequence[BoundingBox]
) -> None:
    remembered = learnt(view, PORTRAIT, faces=faces, signed={kind: boxes})

    stays, gone = patiently(remembered, view, portrait())

    assert stays == {}
    assert gone[kind] is Why.GONE


def test_a_person_who_comes_to_an_empty_seat_is_doubted_at_once() -> None:
    nobody = learnt(scenes.empty_seat(), faces=(), signed={Kind.FACES: ()})

    still_nobody, somebody = patiently(nobody, scenes.empty_seat(), portrait())

    assert still_nobody == {}
    assert somebody[Kind.FACES] is Why.NEW


@pytest.mark.parametrize(
    "view",
    [
        portrait(),
        noisy(scenes.pale_phone()),
        scenes.gesture(60, 150),
        scenes.card(*TEXT),
        scenes.empty_seat(),
        scenes.turned_head(),
        covered(),
    ],
    ids=["the same", "phone", "gesture", "card", "empty", "turned", "covered"],
)
def test_a_process_that_has_only_the_bytes_decides_alike(view: Pixels) -> None:
    remembered = learnt(scenes.pale_phone(), PORTRAIT, signed={Kind.LABELS: (PHONE,)})
    glimpse = GATE.weigh(picture(scenes.gesture(60, 150)), remembered, b"", b"", patient=True).glimpse
    warm = GATE.weigh(picture(view), remembered, glimpse, b"", patient=True)
    memories.unpacked.cache_clear()

    assert Gate().weigh(picture(view), bytes(bytearray(remembered)), glimpse, b"", patient=True) == warm


def test_as_many_detailed_views_as_are_remembered_take_less_than_40_kb() -> None:
    remembered = PORTRAIT
    for number in range(1, VIEWS + 4):
        remembered = learnt(scenes.rolled(number), remembered, signed=dict.fromkeys(SIGHTS, (PHONE,)))

    assert len(memories.unpacked(remembered).views) == VIEWS
    assert len(remembered) < 40_000


def test_a_glimpse_is_small_enough_for_the_session() -> None:
    glimpses = [
        GATE.weigh(picture(view), PORTRAIT, b"", b"", patient=True).glimpse
        for view in (noisy(portrait()), scenes.pale_phone(), scenes.chequered(1), scenes.empty_seat())
    ]

    assert max(map(len, glimpses)) < 700


VIEWS_SEEN: list[Picture] = [picture(scenes.chequered(number)) for number in range(4)] + [
    picture(portrait()),
    picture(scenes.pale_phone()),
    picture(scenes.empty_seat()),
    picture(flat(0)),
    look(jpeg(flat(255, 80, 1600))),
    look(jpeg(covered()[:, :81])),
]


@settings(max_examples=30)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, len(VIEWS_SEEN) - 1),
            st.sets(st.sampled_from(SIGHTS), min_size=1),
            st.lists(st.sampled_from([FACE, GUEST, *(Face(box, 90.0) for box in ODD_BOXES)]), max_size=3),
            st.dictionaries(st.sampled_from(SIGHTS), st.lists(st.sampled_from(ODD_BOXES), max_size=2)),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_the_memory_never_grows_beyond_its_views_and_looks_whatever_is_learnt(
    steps: list[tuple[int, set[Kind], list[Face], dict[Kind, list[BoundingBox]]]],
) -> None:
    remembered: bytes | None = None
    asked_for: set[Kind] = set()
    for view, asked, faces, signed in steps:
        remembered = GATE.learn(GATE.draft(VIEWS_SEEN[view], remembered), asked, faces, signed)
        asked_for |= asked
        known = memories.unpacked(remembered)

        assert len(known.views) <= VIEWS
        assert len(known.looks) <= LOOKS
        assert sorted(kind for each in known.views for kind in each.last) == sorted(asked_for)
        assert (known.signed, known.faced) == (frozenset(signed), bool(faces))
        GATE.weigh(VIEWS_SEEN[view - 1], remembered, b"", b"", patient=False)


def test_many_unlike_views_leave_room_for_the_common_one() -> None:
    remembered = PORTRAIT
    for number in range(VIEWS + 5):
        remembered = learnt(scenes.chequered(number), remembered)
        remembered = learnt(noisy(portrait(), seed=number), remembered)

    assert len(memories.unpacked(remembered).views) == VIEWS
    assert patiently(remembered, portrait(), portrait()) == [{}, {}]
