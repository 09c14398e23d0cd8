"""Whether each service answers that this one stands on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from chalicelib.domain.errors import UpstreamDown
from chalicelib.domain.model import Dependency
from chalicelib.flows.check_health import CheckHealth
from tests.fakes import Inline


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def well() -> None:
    """Answers."""


def ill() -> None:
    raise UpstreamDown("arn:aws:secret") from ConnectionError("10.0.0.1")


def test_each_service_is_told_by_its_name_and_an_error_by_its_kind_alone() -> None:
    found = CheckHealth({"tenants": well, "vision": ill}, Inline())()

    assert found["tenants"] == Dependency(ok=True, ms=found["tenants"].ms)
    assert found["vision"] == Dependency(ok=False, ms=found["vision"].ms, error="ConnectionError")


def test_a_service_that_hangs_is_down_and_does_not_hold_up_the_others(pool: ThreadPoolExecutor) -> None:
    hanging = Event()

    def hang() -> None:
        hanging.wait()

    found = CheckHealth({"tenants": well, "vision": hang}, pool, limit_s=0.05)()
    hanging.set()

    assert found["tenants"].ok
    assert found["vision"] == Dependency(ok=False, ms=50, error="TimeoutError")


def test_services_are_asked_side_by_side(pool: ThreadPoolExecutor) -> None:
    here, there = Event(), Event()

    def first() -> None:
        here.set()
        there.wait()

    def second() -> None:
        there.set()
        here.wait()

    found = CheckHealth({"first": first, "second": second}, pool, limit_s=60)()

    assert [each.ok for each in found.values()] == [True, True]


def test_who_asks_again_soon_is_told_what_was_found() -> None:
    asked: list[str] = []
    check = CheckHealth({"tenants": lambda: asked.append("tenants")}, Inline(), kept_s=3600)

    assert check() == check()
    assert asked == ["tenants"]


def test_what_was_found_is_not_kept_for_long() -> None:
    asked: list[str] = []
    check = CheckHealth({"tenants": lambda: asked.append("tenants")}, Inline(), kept_s=0)
    check()
    check()

    assert asked == ["tenants", "tenants"]


def test_an_error_of_ours_is_none_of_theirs() -> None:
    def broken() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        CheckHealth({"tenants": broken}, Inline())()
