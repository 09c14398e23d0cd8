"""Money is counted on films that are the same each time, and what both ways of asking found is told apart."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.hours import (
    FEWEST_QUIET,
    HOUR_S,
    LONGEST_TAPE,
    SHORTEST_TAPE,
    Film,
    calm_hour,
    quiet_frames,
    tape_of,
    varied,
)
from benchmarks.known import SOON, SWAP, Known, added, known
from benchmarks.labels import Incident
from benchmarks.outcomes import Outcome, compare, figures
from benchmarks.recorded import PHONE, Emulators, Recorded
from benchmarks.replay import Replayed, replay, views
from benchmarks.scenery.cutouts import decoded
from benchmarks.table import rows
from chalicelib.domain import report
from chalicelib.domain.faces import Compared
from chalicelib.domain.model import Alert, Progress, Severity
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import SIGHTS, Face, Findings, Kind, Look
from infra.local.sources import Pixels, encode
from tests import observations as show

NAIVE = Policy(gate=False, usd_per_hour=0)


def room(number: int) -> bytes:
    """A picture of one's own."""
    pixels: Pixels = np.random.default_rng(number).integers(60, 200, (96, 128, 3), np.uint8)
    return encode(np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3), np.uint8))


def film(frames: int, *incidents: Incident, **given: Any) -> Film:  # noqa: ANN401 - the film's other fields
    pictures = tuple(room(number) for number in range(min(frames, 40)))
    return Film("a film", pictures, tuple(number % 40 for number in range(frames)), incidents, **given)


def alert(kind: str, start_s: float, opened_s: float | None = None, duration_s: float = 5.0) -> Alert:
    opened_s = start_s if opened_s is None else opened_s
    return Alert(kind, kind, Severity.WARNING, "", start_s, opened_s, 1, 99.0, (), duration=duration_s)


def replayed(*alerts: Alert, asked_s: tuple[float, ...] = (), **calls: int) -> Replayed:
    coverage = replace(report.coverage(Progress()), audited=8, contradicted=1)
    return Replayed(alerts, calls or {"DetectFaces": 2}, coverage, asked_s)


@dataclass
class Eyes:
    """An emulator that sees one person in every picture, and takes down what it was asked."""

    looked: Counter[bytes] = field(default_factory=Counter)
    audits: int = 0

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:  # noqa: ARG002
        self.looked.update(pictures)
        looks = dict.fromkeys(kinds, Look.ASKED)
        return [Findings((show.face(),), (), (), looks) for _ in pictures]

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:  # noqa: ARG002
        self.audits += 1
        return [(show.face(),)] * len(pictures)


def test_a_frame_beside_an_incident_is_not_quiet() -> None:
    assert quiet_frames(film(12, Incident("phone", 4, 7))) == [0, 1, 2, 8, 9, 10, 11]


def test_frames_are_counted_at_the_films_own_rate() -> None:
    assert quiet_frames(film(20, Incident("looking_away", 0.9, 1.45), fps=10.0)) == [
        *range(8),
        16,
        17,
        18,
        19,
    ]


def test_few_quiet_frames_are_shown_back_and_forth_and_many_evenly() -> None:
    few, many = tape_of(list(range(20))), tape_of(list(range(1000)))

    assert few[:42] == [*range(20), *range(18, 0, -1), 0, 1, 2, 3]
    assert len(few) == SHORTEST_TAPE
    assert (len(many), many[0], many[-1]) == (LONGEST_TAPE, 0, 999)


def test_an_hour_has_an_incident_in_every_ten_minutes_and_never_stands_still() -> None:
    source = film(60, Incident("phone", 20, 25), Incident("no_face", 40, 44))
    hour = calm_hour(source, seed=1)
    assert hour is not None

    assert len(hour.order) == HOUR_S
    assert all(before != after for before, after in pairwise(hour.order))
    assert [int(each.start_s // 600) for each in hour.incidents] == [0, 1, 2, 3, 4, 5]
    assert Counter(each.kind for each in hour.incidents) == {"phone": 3, "no_face": 3}
    assert {each.end_s - each.start_s for each in hour.incidents if each.kind == "phone"} == {5}
    assert len(hour.phones) == 15
    assert len(hour.pictures) == len(set(hour.pictures)) <= 300


def test_the_same_seed_makes_the_same_hour() -> None:
    source = film(30, Incident("text", 10, 13))

    assert calm_hour(source, seed=1) == calm_hour(source, seed=1)
    assert calm_hour(source, seed=1) != calm_hour(source, seed=2)


def test_of_too_few_quiet_frames_no_hour_is_made() -> None:
    assert calm_hour(film(FEWEST_QUIET - 1), seed=1) is None


def test_a_varied_picture_shows_the_same() -> None:
    picture = room(1)
    again = varied(picture, 2.5, np.random.default_rng(1))

    assert again != picture
    assert np.abs(decoded(again).astype(float) - decoded(picture)).mean() < 10


def test_what_the_naive_way_misses_is_no_fault_of_ours() -> None:
    incidents = (Incident("phone", 10, 15), Incident("text", 30, 35), Incident("no_face", 50, 60))
    naive = replayed(alert("suspicious_object", 10), alert("text_detected", 30), DetectFaces=60)
    ours = replayed(alert("text_detected", 33, 33))

    assert compare(film(60, *incidents), ours, naive) == Outcome(
        name="a film",
        seconds=60.0,
        calls={"DetectFaces": 2},
        naive_calls={"DetectFaces": 60},
        incidents=3,
        found=1,
        missed=("phone@10s",),
        delays_s=(3.0,),
        late=("text@30s +3.0 s",),
        naive_missed=("no_face@50s",),
        audited=8,
        contradicted=1,
    )


def test_what_both_ways_say_wrongly_is_no_false_alert_of_ours() -> None:
    naive = replayed(alert("looking_away", 5), alert("text_detected", 40))
    ours = replayed(alert("looking_away", 8), alert("no_face_detected", 20), alert("blurred", 30))
    outcome = compare(film(60), ours, naive)

    assert outcome.false == ("no_face_detected@20s",)
    assert outcome.naive_false == ("looking_away@5s", "text_detected@40s")


@pytest.mark.parametrize(
    ("kind", "told"), [("phone", "multiple_faces_detected"), ("camera_blocked", "no_face_detected")]
)
def test_what_an_incident_shows_beside_itself_is_not_false(kind: str, told: str) -> None:
    assert compare(film(60, Incident(kind, 10, 15)), replayed(alert(told, 11)), replayed()).false == ()


def test_undecided_alerts_are_not_false() -> None:
    undecided = film(60, undecided=frozenset({"text_detected"}))

    assert compare(undecided, replayed(alert("text_detected", 3)), replayed()).false == ()


def test_what_the_naive_way_said_before_an_incident_was_not_about_it() -> None:
    naive, ours = replayed(alert("text_detected", 2, duration_s=20)), replayed(alert("text_detected", 11))

    assert compare(film(60, Incident("text", 10, 15)), ours, naive).delays_s == (1.0,)


def test_a_swap_is_seen_if_faces_are_asked_for_soon_after_it() -> None:
    swaps = Incident("another_person", 10, 15), Incident("another_person", 30, 35)
    outcome = compare(film(60, *swaps), replayed(asked_s=(9.0, 12.0, 33.0)), replayed())

    assert (outcome.incidents, outcome.swaps, outcome.swaps_seen) == (0, 2, 1)


def test_money_is_that_of_all_films_together() -> None:
    one = Outcome("one", 1800.0, {"DetectFaces": 100}, {"DetectFaces": 1800}, 2, 1, ("text@1s",), (0.0, 3.0))
    other = Outcome("other", 1800.0, {"DetectText": 20}, {"DetectText": 1800}, delays_s=(0.0,))
    told = figures([one, other])

    assert (told["usd_per_hour"], told["naive_usd_per_hour"], told["ratio"]) == (0.12, 3.6, 0.0333)
    assert told["calls"] == {"DetectFaces": 100, "DetectText": 20}
    assert (told["missed"], told["late_mean_s"], told["late_most_s"]) == (1, 1.0, 3.0)


def test_each_picture_is_asked_about_once_and_each_question_counted() -> None:
    eyes = Eyes()
    recorded = Recorded(Emulators(eyes=[eyes]))
    recorded.record([room(1), room(2)], phones=[room(2)])
    recorded.record([room(1)])
    mine = recorded.counted_apart()
    for _ in range(2):
        (found,) = mine.look([room(2)], [Kind.LABELS], Policy())
        mine.audit([room(1), room(2)], Policy())

    assert found == Findings(
        labels=(PHONE,), looks={**dict.fromkeys(SIGHTS, Look.OFF), Kind.LABELS: Look.ASKED}
    )
    assert (eyes.looked, eyes.audits) == ({room(1): 1, room(2): 1}, 1)
    assert mine.calls == {"DetectLabels": 2, "DetectFaces": 2}
    assert recorded.calls == {}


def test_the_naive_way_asks_three_calls_a_frame_and_ours_fewer() -> None:
    shown = film(30)
    recorded = Recorded(Emulators(eyes=[Eyes()]))
    seen = views(shown)
    recorded.record(seen)
    naive, ours = (replay(shown, seen, recorded, policy) for policy in (NAIVE, Policy()))

    assert naive.calls == {"DetectFaces": 30, "DetectLabels": 30, "DetectText": 30}
    assert naive.faces_asked_s == tuple(map(float, range(30)))
    assert sum(ours.calls.values()) <= 90
    assert ours.coverage.received == 30


@dataclass
class Likeness:
    """An emulator's CompareFaces: nobody is like the reference in these pictures, and everybody in others."""

    strange: Collection[bytes]

    def compare(self, tenant_id: str, session_id: str, reference: str, encoded: bytes) -> Compared:
        """Never asked here."""
        raise NotImplementedError

    def compare_pictures(self, reference: bytes, encoded: bytes) -> Compared:  # noqa: ARG002
        return Compared((3.0 if encoded in self.strange else 99.0,), "words 1", (show.face(),))


def large(frames: int, *incidents: Incident) -> Film:
    """A film whose face is large enough to tell anybody by it."""
    small = film(frames, *incidents)
    sized = (cv2.resize(decoded(each), (640, 480)) for each in small.pictures)
    return replace(small, pictures=tuple(encode(np.asarray(each, np.uint8)) for each in sized))


def known_in(film: Film, strange: Collection[bytes]) -> Known:
    recorded = Recorded(Emulators(eyes=[Eyes()], comparisons=[Likeness(strange)]))
    seen = views(film)
    recorded.record(seen)
    others = sum(replay(film, seen, recorded, Policy()).calls.values())
    made = known(film, seen, recorded, others=others)
    assert made
    return made


def test_a_swap_is_told_by_who_knows_the_candidate_and_costs_looks() -> None:
    swap = Incident(SWAP, 10, 20)
    shown = large(30, swap)
    made = known_in(shown, shown.pictures[10:20])

    assert (made.untold, made.false, len(made.frames)) == ((), (), 1)
    assert 3 <= made.frames[0] <= SOON
    assert made.calls["IdentityLooks"] >= 3
    assert sum(made.calls.values()) > made.others
    assert (added([made])["told"], added([made])["told_soon"], added([made])["swaps"]) == (1, 1, 1)


def test_a_swap_that_nobody_is_told_of_and_a_mismatch_without_one_are_told_apart() -> None:
    unseen, wrong = large(30, Incident(SWAP, 10, 20)), large(30)

    assert known_in(unseen, ()).untold == ("another_person@10s",)
    assert known_in(wrong, wrong.pictures[10:20]).false != ()
    assert added([])["calls_per_hour"] is None


def test_where_nobody_can_stand_for_the_candidate_nobody_is_known() -> None:
    shown = replace(film(3), pictures=(b"no picture",) * 3)

    assert known(shown, views(shown), Recorded(Emulators())) is None


def test_pictures_that_the_service_refuses_are_passed_over() -> None:
    shown = replace(film(3), pictures=(room(0), b"no picture", room(2)))
    recorded = Recorded(Emulators(eyes=[Eyes()]))
    seen = views(shown)
    recorded.record(seen)

    assert replay(shown, seen, recorded, NAIVE).coverage.received == 2


def test_the_table_shows_each_group_with_its_aim() -> None:
    told = figures([Outcome("one", 3600.0, {"DetectFaces": 250}, {"DetectFaces": 10800}, 1, 1)])
    dollars, *others = rows({"money": {"calm": told}})

    assert (dollars.here, dollars.against, dollars.aim) == ("0.25", "10.80", "0.30")
    assert {row.aim for row in others} == {"0"}
