"""When to ask who is in view, over frames that come one a second."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from chalicelib.domain import attention, verifying
from chalicelib.domain.attention import Change
from chalicelib.domain.model import Watch
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Kind, Resemblance, Verdict, Why
from chalicelib.domain.verifying import Due, Looked
from tests.observations import face, view

POLICY = Policy(usd_per_hour=0.0)
PERSON = (face(),)
TURNED = (face(yaw=50.0),)


def said(verdict: Verdict) -> Resemblance:
    return Resemblance(verdict, {"match": 98.0, "mismatch": 4.0}.get(verdict, 65.0), 50.0, "engine 1")


MATCH, MISMATCH, UNCLEAR = map(said, (Verdict.MATCH, Verdict.MISMATCH, Verdict.UNCLEAR))


@dataclass
class Room:
    """What is watched in a session: each frame says what the gate and the provider say of it."""

    policy: Policy = POLICY
    watch: Watch = field(default_factory=Watch)
    faces: tuple[Face, ...] | None = None
    at_s: float = 0.0
    asked: list[float] = field(default_factory=list)
    alerted: bool = False

    def frame(
        self,
        answer: Resemblance | None = MATCH,
        *,
        doubt: Why | None = None,
        found: tuple[Face, ...] | None = None,
        upheaval: bool = False,
    ) -> Due | None:
        """A second later. `answer` comes if it is asked; `found` are faces that were asked for."""
        self.at_s += 1.0
        due = verifying.due(
            self.watch,
            self.policy,
            self.at_s,
            1.0,
            faces=self.faces,
            view=view(),
            doubt=doubt,
            upheaval=upheaval,
            alerted=self.alerted,
        )
        told = answer if due and due.askable else None
        self.asked += [self.at_s] if due and due.askable else []
        before = self.faces
        tells_again = found == PERSON and before in ((), TURNED)
        looked = Looked(
            due,
            told,
            doubt is Why.FACE_LOST,
            len(before or ()),
            None if found is None else len(found),
            tells_again,
        )
        self.watch = verifying.verified(self.watch, looked, self.at_s)
        if told and told.verdict is not Verdict.UNCLEAR:
            signs = [Kind.IDENTITY] if told.verdict is Verdict.MISMATCH else []
            self.watch = attention.answered(self.watch, [], signs, self.at_s)
        self.faces = self.faces if found is None else found
        return due

    def frames(self, count: int, answer: Resemblance | None = MATCH) -> list[float]:
        """So many seconds of nothing new; when it was asked."""
        before = len(self.asked)
        for _ in range(count):
            self.frame(answer)
        return self.asked[before:]


def verified() -> Room:
    """Somebody is known to be the right one."""
    room = Room(faces=PERSON)
    assert room.frame() == Due(Why.FIRST, askable=True)
    return room


def test_at_first_it_is_asked_even_before_faces_are_known() -> None:
    room = Room()

    assert (room.frame(), room.frame(found=PERSON)) == (Due(Why.FIRST, askable=True), None)


def test_an_answer_holds_for_a_minute_while_nothing_is_in_doubt() -> None:
    assert verified().frames(180) == [61.0, 121.0, 181.0]


@pytest.mark.parametrize("doubt", [Why.FACE_LOST, Why.FACE_TURNED, Why.GONE])
def test_it_is_asked_at_once_where_the_face_may_be_anothers(doubt: Why) -> None:
    room = verified()

    assert room.frame(doubt=doubt) == Due(doubt, askable=True)
    assert room.frames(10) == []


def test_something_new_beside_the_person_is_no_doubt_and_another_room_is() -> None:
    room = verified()

    assert (room.frame(doubt=Why.NEW), room.frame(upheaval=True)) == (None, Due(Why.NEW, askable=True))


def test_absence_costs_one_call_in_vain_and_the_return_is_looked_at_at_once() -> None:
    room = verified()
    room.frame(UNCLEAR, doubt=Why.FACE_LOST, found=())
    gone = room.frames(30)
    room.frame(found=PERSON)

    assert gone == []
    assert room.frame() == Due(Why.FACE_LOST, askable=True)
    assert room.frame() is None


def test_who_comes_back_is_in_doubt_until_told_however_the_face_was_lost() -> None:
    room = verified()
    room.frame(found=())
    away = room.frame()
    room.frame(found=PERSON)

    assert (away, room.frame()) == (Due(Why.GONE, askable=False), Due(Why.GONE, askable=True))


def test_a_second_face_raises_a_doubt_when_it_comes_and_none_while_it_stays() -> None:
    room = verified()
    room.frame(found=(face(), face(side=0.2)))
    came = room.frame()
    stays = room.frames(20)
    room.frame(found=PERSON)

    assert (came, stays) == (Due(Why.NEW, askable=True), [])
    assert room.frame() == Due(Why.NEW, askable=True)


def test_a_head_that_is_turned_is_asked_about_when_it_can_be_told_again() -> None:
    room = verified()
    room.frame(UNCLEAR, doubt=Why.FACE_TURNED, found=TURNED)
    turned = room.frames(20)
    room.frame(found=PERSON)

    assert (turned, room.frame()) == ([], Due(Why.FACE_TURNED, askable=True))


def test_what_cannot_be_told_is_asked_again_ever_more_rarely_and_never_more_rarely_than_a_minute() -> None:
    room = Room(faces=PERSON)
    room.frames(400, UNCLEAR)

    apart = [later - earlier for earlier, later in pairwise(room.asked)]
    assert apart == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0, 60.0]


def test_a_face_that_was_lost_does_not_wait_for_the_end_of_a_long_pause() -> None:
    room = verified()
    room.frame(UNCLEAR, doubt=Why.FACE_TURNED)
    room.frames(40, UNCLEAR)
    room.frame(UNCLEAR, doubt=Why.FACE_LOST)
    before = len(room.asked)
    room.frames(5, UNCLEAR)

    assert room.asked[before - 1] == room.at_s - 5
    assert len(room.asked) > before


def test_a_mismatch_is_looked_into_with_every_frame_until_it_is_an_alert() -> None:
    room = verified()
    first = room.frame(MISMATCH, doubt=Why.FACE_TURNED)
    next_ones = [room.frame(MISMATCH) for _ in range(3)]

    assert first == Due(Why.FACE_TURNED, askable=True)
    assert next_ones == [Due(Why.OPENING, askable=True)] * 3


def test_a_match_after_a_mismatch_ends_the_matter() -> None:
    room = verified()
    room.frame(MISMATCH, doubt=Why.FACE_TURNED)

    assert (room.frame(MATCH), room.frames(20)) == (Due(Why.OPENING, askable=True), [])


def test_an_open_alert_is_asked_about_as_other_signs_are_and_at_once_in_doubt() -> None:
    room = verified()
    room.frame(MISMATCH, doubt=Why.FACE_TURNED)
    room.alerted = True
    quiet = room.frames(40, MISMATCH)

    assert [later - earlier for earlier, later in pairwise(quiet)] == [6.0, 6.0, 6.0, 8.0]
    assert room.frame(MISMATCH, doubt=Why.FACE_LOST) == Due(Why.FACE_LOST, askable=True)


def test_a_call_that_failed_leaves_the_doubt_and_is_made_again() -> None:
    room = verified()
    room.frame(None, doubt=Why.FACE_LOST)

    assert room.frame(None) == Due(Why.FACE_LOST, askable=True)
    assert room.frame(MATCH) == Due(Why.FACE_LOST, askable=True)
    assert room.frame() is None


def test_without_the_gate_every_frame_is_asked_about() -> None:
    room = Room(policy=replace(POLICY, gate=False))

    assert [room.frame() for _ in range(3)] == [Due(Why.ALWAYS, askable=True)] * 3


def wishes(due: Due, watch: Watch, change: Change | None = None) -> list[tuple[Kind, Why, float]]:
    made = attention.wishes(watch, change or Change(), POLICY, 101.0, 1.0, identity=due)
    return [(each.kind, each.why, each.urgency) for each in made]


ASKED = Watch(asked_s=dict.fromkeys(Kind, 100.0))


def test_who_it_is_is_asked_after_the_face_and_before_all_else() -> None:
    made = wishes(Due(Why.FIRST, askable=True), Watch())

    assert [kind for kind, _, _ in made] == [Kind.FACES, Kind.IDENTITY, Kind.LABELS, Kind.TEXT]
    assert [urgency for _, _, urgency in made] == [1.0, 0.6, 0.5, 0.4]


def test_what_is_due_and_cannot_be_told_is_not_wished_for() -> None:
    assert wishes(Due(Why.STALE, askable=False), ASKED) == []


def test_who_is_accused_goes_before_everybody_and_is_looked_at_for_a_hand_before_the_face() -> None:
    assert wishes(Due(Why.OPENING, askable=True), ASKED) == [
        (Kind.FACES, Why.OPENING, 1.0),
        (Kind.IDENTITY, Why.OPENING, 1.0),
    ]


def test_a_look_at_who_it_is_takes_no_audit_away() -> None:
    stale = [attention.Wish(Kind.FACES, Why.STALE, 1.0), attention.Wish(Kind.IDENTITY, Why.STALE, 0.6)]

    assert attention.is_audited(ASKED, stale)


@pytest.mark.parametrize(
    ("why", "age_s", "allowed"),
    [(Why.FACE_LOST, 59.0, False), (Why.FACE_LOST, 60.0, True), (Why.OPENING, 1.0, True)],
)
def test_a_spent_budget_leaves_a_look_a_minute_and_whoever_is_accused(
    why: Why, age_s: float, *, allowed: bool
) -> None:
    wish = attention.Wish(Kind.IDENTITY, why, 0.6)

    left = attention.affordable([wish], ASKED, 0.0, POLICY, at_s=100.0 + age_s)

    assert left == ([wish] if allowed else [])


def test_the_reserve_keeps_a_look_a_minute_where_somebody_is_to_be_known() -> None:
    policy = replace(POLICY, calls_per_hour=1000)

    shares = [
        attention.share_left(Watch(), policy, 0.0, 0.001, identified=identified)
        for identified in (False, True)
    ]

    assert shares == pytest.approx([0.76, 0.70])
