"""Finding faces in a picture at once."""

import pytest

from chalicelib.domain.detection import REKOGNITION, Detection, as_detected
from chalicelib.domain.errors import BadPicture, Busy, Conflict, TooManyRequests, VisionUnavailable
from chalicelib.domain.tenants import Limits
from tests.fakes import look, shown
from tests.unit.flows.image_world import BY_CASCADES, CASCADES, TENANT, FakeDetector, ImageWorld

GUEST = b"guest 1"


def found(words: bytes) -> Detection:
    """What the provider finds."""
    faces = sorted(shown(words).faces or (), key=lambda face: -face.box.area)
    return Detection(tuple(map(as_detected, faces)), REKOGNITION, 640, 480)


def test_the_provider_finds_the_faces_and_the_largest_comes_first() -> None:
    world = ImageWorld()

    assert world.detect(TENANT, GUEST, "rekognition") == found(GUEST)
    assert len({face.box.area for face in found(GUEST).faces}) == 2
    assert world.detector.asked == [("guest 1", False)]


def test_a_picture_without_faces_has_none() -> None:
    assert ImageWorld().detect(TENANT, b"nobody 1", "rekognition").faces == ()


def test_cascades_that_are_asked_for_answer_by_themselves_and_cost_nothing() -> None:
    world = ImageWorld(limits=Limits(usd_per_hour=0.001))

    detection = world.detect(TENANT, GUEST, "opencv", all_landmarks=True)

    assert detection == Detection((BY_CASCADES,), CASCADES, 640, 480)
    assert (world.detector.asked, world.ledger.asked, world.ledger.spent) == ([], [], {})


def test_where_the_provider_does_not_answer_cascades_do_and_it_is_said() -> None:
    world = ImageWorld(detector=FakeDetector(down=True))

    assert world.detect(TENANT, GUEST, "rekognition") == Detection(
        (BY_CASCADES,), CASCADES, 640, 480, fallback=True
    )
    assert world.detector.asked == [("guest 1", False)]


def test_the_provider_alone_is_replaced_by_nobody() -> None:
    world = ImageWorld(detector=FakeDetector(down=True))

    with pytest.raises(VisionUnavailable):
        world.detect.by_provider(TENANT, look(GUEST))


def test_a_call_counts_towards_the_tenants_hour_and_one_too_many_is_refused() -> None:
    world = ImageWorld(limits=Limits(usd_per_hour=0.001))
    world.detect(TENANT, GUEST, "rekognition")

    with pytest.raises(TooManyRequests):
        world.detect(TENANT, GUEST, "rekognition")
    assert (sum(world.ledger.spent.values()), len(world.detector.asked)) == (1, 1)


def test_where_the_rate_leaves_no_room_the_caller_is_told_to_come_again() -> None:
    world = ImageWorld()
    world.ledger.down = True

    with pytest.raises(Busy):
        world.detect(TENANT, GUEST, "rekognition")
    assert world.detector.asked == []


def test_all_landmarks_are_asked_for_where_emotions_are_allowed() -> None:
    world = ImageWorld()

    assert world.detect(TENANT, GUEST, "rekognition", all_landmarks=True) == found(GUEST)
    assert world.detector.asked == [("guest 1", True)]


@pytest.mark.parametrize(("operator", "tenant"), [(False, True), (True, False)])
def test_all_landmarks_are_refused_where_emotions_are_switched_off(*, operator: bool, tenant: bool) -> None:
    world = ImageWorld(emotions_allowed=operator)
    world.tenants.change(TENANT, policy={"emotions": tenant})

    with pytest.raises(Conflict):
        world.detect(TENANT, GUEST, "rekognition", all_landmarks=True)
    assert world.detector.asked == []
    assert world.detect(TENANT, GUEST, "rekognition") == found(GUEST)


@pytest.mark.parametrize("engine", ["rekognition", "opencv"])
def test_a_bad_picture_is_refused_before_anybody_looks(engine: str) -> None:
    world = ImageWorld()

    with pytest.raises(BadPicture):
        world.detect(TENANT, b"neither", "opencv" if engine == "opencv" else "rekognition")
    assert world.detector.asked == []
