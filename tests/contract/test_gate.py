"""What every gate promises: the one that compares words and the one that compares pixels."""

from collections.abc import Callable

import pytest

from chalicelib.domain.attention import Change
from chalicelib.domain.seen import SIGHTS, BoundingBox, Kind, Picture, Why
from chalicelib.flows.ports import Gate
from chalicelib.vision.gate import Gate as PixelGate
from tests import fakes
from tests.fakes import FakeGate
from tests.unit.vision import scenes
from tests.unit.vision.pictures import Pixels, portrait

See = Callable[[str], Picture]
VIEWS: dict[str, Callable[[], Pixels]] = {
    "person 1": portrait,
    "person 2": lambda: scenes.noisy(portrait()),
    "phone 3": scenes.pale_phone,
    "phone 4": lambda: scenes.noisy(scenes.pale_phone()),
}


@pytest.fixture(params=["of words", "of pixels"])
def gate_and_eyes(request: pytest.FixtureRequest) -> tuple[Gate, See]:
    if request.param == "of words":
        return FakeGate(trusting=True), lambda words: fakes.look(words.encode())
    return PixelGate(), lambda words: scenes.picture(VIEWS[words]())


@pytest.fixture
def gate(gate_and_eyes: tuple[Gate, See]) -> Gate:
    return gate_and_eyes[0]


@pytest.fixture
def see(gate_and_eyes: tuple[Gate, See]) -> See:
    return gate_and_eyes[1]


def learnt(gate: Gate, picture: Picture, pixels: bytes | None = None, *kinds: Kind) -> bytes:
    signed: dict[Kind, list[BoundingBox]] = {}
    return gate.learn(gate.draft(picture, pixels), kinds or SIGHTS, [scenes.FACE], signed)


@pytest.mark.parametrize("patient", [True, False])
def test_what_was_asked_about_is_not_doubted(gate: Gate, see: See, *, patient: bool) -> None:
    remembered = learnt(gate, see("person 1"))

    assert gate.weigh(see("person 2"), remembered, b"", b"", patient=patient) == Change()


def test_something_new_is_doubted_at_once_where_it_cannot_be_waited_for(gate: Gate, see: See) -> None:
    remembered = learnt(gate, see("person 1"))

    change = gate.weigh(see("phone 3"), remembered, b"", b"", patient=False)

    assert change.doubts[Kind.LABELS] is Why.NEW


def test_something_new_is_doubted_the_second_time_where_it_can(gate: Gate, see: See) -> None:
    remembered = learnt(gate, see("person 1"))

    first = gate.weigh(see("phone 3"), remembered, b"", see("person 2").view.fingerprint, patient=True)
    second = gate.weigh(
        see("phone 4"), remembered, first.glimpse, see("phone 3").view.fingerprint, patient=True
    )

    assert (first.doubts, bool(first.glimpse)) == ({}, True)
    assert second.doubts[Kind.LABELS] is Why.NEW


def test_what_is_gone_in_the_next_frame_leaves_no_glimpse(gate: Gate, see: See) -> None:
    remembered = learnt(gate, see("person 1"))
    first = gate.weigh(see("phone 3"), remembered, b"", b"", patient=True)

    assert gate.weigh(see("person 2"), remembered, first.glimpse, b"", patient=True) == Change()


def test_what_was_learnt_of_a_second_view_is_remembered_beside_the_first(gate: Gate, see: See) -> None:
    remembered = learnt(gate, see("phone 3"), learnt(gate, see("person 1")))

    assert gate.weigh(see("phone 4"), remembered, b"", b"", patient=False) == Change()


def test_a_kind_that_was_not_asked_about_stays_in_doubt(gate: Gate, see: See) -> None:
    remembered = learnt(gate, see("phone 3"), learnt(gate, see("person 1")), Kind.FACES, Kind.TEXT)

    change = gate.weigh(see("phone 4"), remembered, b"", b"", patient=False)

    assert change.doubts == {Kind.LABELS: Why.NEW}
