"""What every store of exams and attempts promises: those in memory and those in DynamoDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.attempts import Attempts as DynamoAttempts
from chalicelib.aws.exams import Exams as DynamoExams
from chalicelib.domain.attempts import Attempt, Outcome
from chalicelib.domain.errors import BadInput, NotFound, StaleExam
from chalicelib.domain.exams import Accommodation, Exam
from chalicelib.domain.model import EndedBy, Ticket
from chalicelib.flows.ports import Attempts, Exams
from tests.contract.cloud import OneAtATime
from tests.fake_exams import FakeAttempts, FakeExams

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

RETENTION_S = 90 * 86_400.0
NOON = 1_800_000_000.0
TICKET = Ticket("a-1", "f" * 64)
THREADS = 8


@pytest.fixture(params=["in memory", "in DynamoDB"])
def stores(request: pytest.FixtureRequest) -> tuple[Exams, Attempts]:
    if request.param == "in memory":
        return FakeExams(), FakeAttempts()
    cloud: Cloud = request.getfixturevalue("cloud")
    client: Any = OneAtATime(cloud.client("dynamodb"))
    table = cloud.settings.exams_table
    return (
        DynamoExams(client, table, retention_s=RETENTION_S),
        DynamoAttempts(client, table, retention_s=RETENTION_S),
    )


@pytest.fixture
def exams(stores: tuple[Exams, Attempts]) -> Exams:
    return stores[0]


@pytest.fixture
def attempts(stores: tuple[Exams, Attempts]) -> Attempts:
    return stores[1]


def exam(tenant: str, exam_id: str = "e-1", **other: Any) -> Exam:  # noqa: ANN401 - any field
    return Exam(
        tenant_id=tenant,
        exam_id=exam_id,
        title="Algebra ✓",
        opens_at=NOON,
        closes_at=NOON + 7200,
        duration_s=3600,
        created_at=NOON - 60,
        grace_s=30,
        instructions="Use a pencil.",
        policy={"emotions": False, "alerts_off": ["low_light"], "after_frames": {"looking_away": 9}},
        **other,
    )


def attempt(tenant: str, candidate_id: str = "c-1", exam_id: str = "e-1", **other: Any) -> Attempt:  # noqa: ANN401
    return Attempt(
        tenant_id=tenant,
        exam_id=exam_id,
        candidate_id=candidate_id,
        email=f"{candidate_id}@example.org",
        name="Zoë",
        session_id=f"s-{candidate_id}",
        assigned_at=NOON,
        accommodation=Accommodation(600, 25.0, {"text": False, "forbidden_objects": ["TV"]}, "by letter"),
        **other,
    )


def together(call: Callable[[int], Any]) -> list[Any]:
    """What several threads got that asked at once."""
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(call, range(THREADS)))


def test_an_exam_is_read_as_it_was_stored(exams: Exams, tenant: str) -> None:
    stored = exam(tenant)

    exams.create(stored, '["Why?"]', None)

    assert (exams.load(tenant, "e-1"), exams.questions(tenant, "e-1")) == (stored, '["Why?"]')


def test_an_exam_that_is_absent_or_another_tenants_is_not_found(exams: Exams, tenant: str) -> None:
    exams.create(exam(tenant), "null", None)

    with pytest.raises(NotFound) as absent:
        exams.load(tenant, "e-2")
    with pytest.raises(NotFound) as foreign:
        exams.load(f"{tenant}2", "e-1")
    assert str(absent.value) == str(foreign.value)
    assert exams.questions(f"{tenant}2", "e-1") == "null"


def test_a_ticket_makes_one_exam(exams: Exams, tenant: str) -> None:
    exams.create(exam(tenant), "null", TICKET)

    with pytest.raises(StaleExam):
        exams.create(exam(tenant, "e-2"), "null", TICKET)
    assert exams.ticket(tenant, TICKET.key) == (TICKET, "e-1")
    assert exams.ticket(tenant, "another") is None
    with pytest.raises(NotFound):
        exams.load(tenant, "e-2")


def test_an_exam_is_changed_once_from_each_version(exams: Exams, tenant: str) -> None:
    first = exam(tenant)
    exams.create(first, "1", None)

    second = exams.save(replace(first, title="Geometry"))

    assert (second.version, exams.load(tenant, "e-1"), exams.questions(tenant, "e-1")) == (1, second, "1")
    with pytest.raises(StaleExam):
        exams.save(replace(first, title="Late"), "2")
    assert exams.questions(tenant, "e-1") == "1"
    assert exams.save(second, "3").version == 2
    assert exams.questions(tenant, "e-1") == "3"


def test_an_exam_that_is_not_there_is_not_made_by_saving_it(exams: Exams, tenant: str) -> None:
    with pytest.raises(StaleExam):
        exams.save(exam(tenant), "null")
    with pytest.raises(NotFound):
        exams.load(tenant, "e-1")


def test_exams_are_listed_newest_first_page_by_page(exams: Exams, tenant: str) -> None:
    for number in range(5):
        exams.create(exam(tenant, f"e-{number}"), "null", None)
    exams.create(exam(f"{tenant}2", "e-9"), "null", None)

    first = exams.page(tenant, 2, None)
    second = exams.page(tenant, 2, first.cursor)
    last = exams.page(tenant, 2, second.cursor)

    listed = [[each.exam_id for each in page.items] for page in (first, second, last)]
    assert listed == [["e-4", "e-3"], ["e-2", "e-1"], ["e-0"]]
    assert last.cursor is None
    with pytest.raises(BadInput):
        exams.page(tenant, 2, "made up")


def test_several_exams_come_in_the_order_asked_for_without_those_that_are_not_there(
    exams: Exams, tenant: str
) -> None:
    for number in range(3):
        exams.create(exam(tenant, f"e-{number}"), "null", None)

    found = exams.several(tenant, ["e-2", "e-7", "e-0"])

    assert [each.exam_id for each in found] == ["e-2", "e-0"]
    assert exams.several(tenant, []) == []


def test_an_attempt_is_read_as_it_was_stored(attempts: Attempts, tenant: str) -> None:
    outcome = Outcome(97.5, "low", 2, NOON + 60, EndedBy.SERVICE)
    stored = attempt(
        tenant, started_at=NOON, revision=3, answered_at=NOON + 9, submitted_at=NOON + 9, outcome=outcome
    )

    assert attempts.create(stored) is True

    assert attempts.load(tenant, "e-1", "c-1") == stored
    assert attempts.answers(tenant, "e-1", "c-1") is None


def test_a_candidate_has_one_attempt_at_an_exam(attempts: Attempts, tenant: str) -> None:
    first = attempt(tenant)

    made = together(lambda number: attempts.create(replace(first, session_id=f"s-{number}")))

    assert sorted(made) == [False] * (THREADS - 1) + [True]
    assert attempts.load(tenant, "e-1", "c-1").session_id == f"s-{made.index(True)}"


def test_an_attempt_that_is_absent_or_anothers_is_not_found(attempts: Attempts, tenant: str) -> None:
    attempts.create(attempt(tenant))

    words = set()
    for place in ((tenant, "e-1", "c-2"), (tenant, "e-2", "c-1"), (f"{tenant}2", "e-1", "c-1")):
        with pytest.raises(NotFound) as refused:
            attempts.load(*place)
        words.add(str(refused.value))
    assert len(words) == 1


def test_an_attempt_and_its_answers_are_stored_together_or_not_at_all(
    attempts: Attempts, tenant: str
) -> None:
    first = attempt(tenant, started_at=NOON)
    attempts.create(first)

    second = attempts.save(replace(first, revision=1, answered_at=NOON + 1), '{"1": "b"}')

    assert (second.version, attempts.load(tenant, "e-1", "c-1")) == (1, second)
    with pytest.raises(StaleExam):
        attempts.save(replace(first, revision=2, answered_at=NOON + 2), '{"1": "late"}')
    assert attempts.answers(tenant, "e-1", "c-1") == '{"1": "b"}'
    assert attempts.save(second).version == 2
    assert attempts.answers(tenant, "e-1", "c-1") == '{"1": "b"}'


def test_of_several_writes_at_once_one_is_taken(attempts: Attempts, tenant: str) -> None:
    first = attempt(tenant)
    attempts.create(first)

    def start(number: int) -> bool:
        try:
            attempts.save(replace(first, started_at=NOON + number))
        except StaleExam:
            return False
        return True

    taken = together(start)

    assert taken.count(True) == 1
    assert attempts.load(tenant, "e-1", "c-1").started_at == NOON + taken.index(True)


def test_an_attempt_is_removed_only_as_it_was_read(attempts: Attempts, tenant: str) -> None:
    first = attempt(tenant)
    attempts.create(first)
    second = attempts.save(replace(first, started_at=NOON))

    with pytest.raises(StaleExam):
        attempts.remove(first)
    attempts.remove(second)

    with pytest.raises(NotFound):
        attempts.load(tenant, "e-1", "c-1")
    with pytest.raises(StaleExam):
        attempts.save(second)


def test_attempts_are_listed_by_candidate_without_answers_and_questions(
    stores: tuple[Exams, Attempts], tenant: str
) -> None:
    exams, attempts = stores
    exams.create(exam(tenant), "null", None)
    for number in range(3):
        attempts.create(attempt(tenant, f"c-{number}"))
        attempts.save(attempt(tenant, f"c-{number}", answered_at=NOON), "null")
    attempts.create(attempt(tenant, "c-9", "e-2"))

    first = attempts.page(tenant, "e-1", 2, None)
    last = attempts.page(tenant, "e-1", 2, first.cursor)

    listed = [[each.candidate_id for each in page.items] for page in (first, last)]
    assert (listed, last.cursor) == ([["c-0", "c-1"], ["c-2"]], None)
    with pytest.raises(BadInput):
        attempts.page(tenant, "e-1", 2, "made up")


def test_a_candidates_attempts_are_listed_newest_exam_first(attempts: Attempts, tenant: str) -> None:
    for number in range(3):
        attempts.create(attempt(tenant, "c-1", f"e-{number}"))
    attempts.create(attempt(tenant, "c-2", "e-7"))
    attempts.create(attempt(f"{tenant}2", "c-1", "e-8"))

    first = attempts.of_candidate(tenant, "c-1", 2, None)
    last = attempts.of_candidate(tenant, "c-1", 2, first.cursor)

    listed = [[each.exam_id for each in page.items] for page in (first, last)]
    assert (listed, last.cursor) == ([["e-2", "e-1"], ["e-0"]], None)
    assert first.items[0] == attempt(tenant, "c-1", "e-2")
    with pytest.raises(BadInput):
        attempts.of_candidate(tenant, "c-1", 2, "made up")


def test_attempts_are_cleared_with_their_answers_those_at_one_exam_alone(
    attempts: Attempts, tenant: str
) -> None:
    for candidate_id, exam_id in (("c-1", "e-1"), ("c-2", "e-1"), ("c-1", "e-2")):
        attempts.create(attempt(tenant, candidate_id, exam_id))
        answered = replace(attempts.load(tenant, exam_id, candidate_id), answered_at=NOON + 5)
        attempts.save(answered, '{"1": "b"}')

    assert [attempts.clear(tenant, "e-1") for _ in range(2)] == [2, 0]

    assert attempts.page(tenant, "e-1", 10, None).items == ()
    assert attempts.answers(tenant, "e-1", "c-1") is None
    assert [each.exam_id for each in attempts.of_candidate(tenant, "c-1", 10, None).items] == ["e-2"]
    assert attempts.answers(tenant, "e-2", "c-1") == '{"1": "b"}'


def test_an_exam_is_removed_with_its_questions_and_its_attempts_stay(
    stores: tuple[Exams, Attempts], tenant: str
) -> None:
    exams, attempts = stores
    for exam_id in ("e-1", "e-2"):
        exams.create(exam(tenant, exam_id), '["?"]', None)
        attempts.create(attempt(tenant, exam_id=exam_id))

    for _ in range(2):
        exams.remove(tenant, "e-1")

    assert [each.exam_id for each in exams.page(tenant, 10, None).items] == ["e-2"]
    assert [exams.questions(tenant, exam_id) for exam_id in ("e-1", "e-2")] == ["null", '["?"]']
    assert len(attempts.page(tenant, "e-1", 10, None).items) == 1


def test_attempts_expire_after_their_start_and_answers_after_they_came(cloud: "Cloud", tenant: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.settings.exams_table
    attempts = DynamoAttempts(client, table, retention_s=RETENTION_S)
    DynamoExams(client, table, retention_s=RETENTION_S).create(exam(tenant), "null", TICKET)
    attempts.create(attempt(tenant, "c-0"))
    attempts.create(attempt(tenant, "c-1"))
    attempts.save(attempt(tenant, "c-1", started_at=NOON, answered_at=NOON + 5), "null")

    found = client.scan(TableName=table)["Items"]
    mine = {each["sk"]["S"]: each for each in found if each["pk"]["S"].startswith(tenant)}
    expiries = {sk: float(each["expires_at"]["N"]) for sk, each in mine.items() if "expires_at" in each}
    assert expiries == {
        "request": NOON - 60 + RETENTION_S,
        "candidate#c-1": NOON + RETENTION_S,
        "answers#c-1": NOON + 5 + RETENTION_S,
    }
    assert set(mine) - set(expiries) == {"exam#e-1", "questions", "candidate#c-0"}
