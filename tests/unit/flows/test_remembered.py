"""What a process remembers, and for how long."""

from dataclasses import dataclass, field

from chalicelib.flows.remembered import MOST, Remembered
from tests.fakes import FakeClock


@dataclass
class Shelf:
    """Counts what is read of it; `slow_s` passes on the clock while it answers."""

    clock: FakeClock
    slow_s: float = 0.0
    holds: dict[str, str] = field(default_factory=lambda: {"a": "apple"})
    read: list[str] = field(default_factory=list)

    def __call__(self, key: str) -> str | None:
        self.read.append(key)
        self.clock.at += self.slow_s
        return self.holds.get(key)


def test_what_was_read_is_trusted_for_a_while_and_then_read_anew() -> None:
    clock = FakeClock(at=1.0)
    known, shelf = Remembered[str](30.0, clock), Shelf(clock)
    known.get("a", shelf)
    shelf.holds["a"] = "apricot"

    clock.at += 29.9
    trusted = known.get("a", shelf)
    clock.at += 0.1

    assert (trusted, known.get("a", shelf), shelf.read) == ("apple", "apricot", ["a", "a"])


def test_the_time_is_counted_from_before_it_was_read() -> None:
    clock = FakeClock(at=1.0)
    known, shelf = Remembered[str](30.0, clock), Shelf(clock, slow_s=20.0)
    known.get("a", shelf)

    clock.at += 10.0
    known.get("a", shelf)

    assert shelf.read == ["a", "a"]


def test_what_is_not_there_is_asked_for_every_time() -> None:
    clock = FakeClock(at=1.0)
    known, shelf = Remembered[str](30.0, clock), Shelf(clock)

    assert [known.get("b", shelf) for _ in range(2)] == [None, None]
    assert (shelf.read, known.last("b")) == (["b", "b"], None)


def test_what_is_no_longer_trusted_can_be_asked_for_still() -> None:
    clock = FakeClock(at=1.0)
    known = Remembered[str](30.0, clock)
    known.get("a", Shelf(clock))

    clock.at += 1000.0

    assert known.last("a") == "apple"


def test_what_is_forgotten_is_read_anew() -> None:
    clock = FakeClock(at=1.0)
    known, shelf = Remembered[str](30.0, clock), Shelf(clock)
    known.get("a", shelf)

    known.forget("a")
    known.forget("never read")

    assert (known.last("a"), known.get("a", shelf), shelf.read) == (None, "apple", ["a", "a"])


def test_a_process_does_not_remember_without_end() -> None:
    clock = FakeClock(at=1.0)
    known = Remembered[int](30.0, clock)
    for number in range(MOST):
        known.get(str(number), int)

    all_of_them = [known.last(str(number)) for number in range(MOST)]
    known.get("1000000", int)

    assert all_of_them == list(range(MOST))
    assert [known.last(str(number)) for number in range(MOST)] == [None] * MOST
    assert known.last("1000000") == 1_000_000
