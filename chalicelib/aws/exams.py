"""Exams in DynamoDB.

pk = <tenant>#exams; sk = exam#<exam>: all but the questions, so that lists stay small
pk = <tenant>#<exam>; sk = questions
pk = <tenant>#idempotency#<key>; sk = request

Ids sort by time, so that a list from the end begins with the newest.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import ConditionFailedError, Item, key_of
from chalicelib.aws.table import NEW, Table, still_at
from chalicelib.domain.errors import NotFound, StaleExam
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import Page, Ticket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EXAM = "exam#"
_STALE = "The exam was changed at the same time."


class Exams:
    """Every method is about one tenant's exams."""

    def __init__(self, client: "DynamoDBClient", table: str, *, retention_s: float) -> None:
        self._table = Table(client, table)
        self._retention_s = retention_s

    def create(self, exam: Exam, questions: str, ticket: Ticket | None) -> None:
        """Store a new exam. Raises StaleExam if the ticket was used before."""
        items = [_item(exam), _questions(exam, questions)]
        if ticket:
            items.append(self._ticket(exam, ticket))
        self._put([{"Item": item, **NEW} for item in items])

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the exam that was made with it."""
        item = self._table.get(_ticket_key(tenant_id, key))
        return (Ticket(key, item["fingerprint"]["S"]), item["exam_id"]["S"]) if item else None

    def load(self, tenant_id: str, exam_id: str) -> Exam:
        """The exam. Raises NotFound."""
        item = self._table.get(_key(tenant_id, exam_id))
        if item is None:
            raise NotFound("There is no such exam; check its id.")
        return _exam(item)

    def questions(self, tenant_id: str, exam_id: str) -> str:
        """The exam's questions; `null` if there are none."""
        item = self._table.get(_questions_key(tenant_id, exam_id))
        return unpacked(item["questions"]["B"]) if item else "null"

    def save(self, exam: Exam, questions: str | None = None) -> Exam:
        """Store the exam's next version, with other questions if any are given. Raises StaleExam."""
        saved = replace(exam, version=exam.version + 1)
        writes: list[Item] = [{"Item": _item(saved), **still_at(exam.version)}]
        if questions is not None:
            writes.append({"Item": _questions(saved, questions)})
        self._put(writes)
        return saved

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Exam]:
        """The tenant's exams, newest first. Raises BadInput for a foreign cursor."""
        page = self._table.page(f"{tenant_id}#exams", _EXAM, limit, after, newest_first=True)
        return Page(tuple(map(_exam, page.items)), page.cursor)

    def several(self, tenant_id: str, exam_ids: Sequence[str]) -> list[Exam]:
        """Up to 100 exams, those that there are, in this order."""
        items = self._table.get_some([_key(tenant_id, exam_id) for exam_id in exam_ids])
        return [_exam(item) for item in items if item]

    def remove(self, tenant_id: str, exam_id: str) -> None:
        """Delete the exam with its questions, if there is one; itself last, so that it is found till then."""
        self._table.delete(_questions_key(tenant_id, exam_id))
        self._table.delete(_key(tenant_id, exam_id))

    def _ticket(self, exam: Exam, ticket: Ticket) -> Item:
        return _ticket_key(exam.tenant_id, ticket.key) | {
            "fingerprint": {"S": ticket.fingerprint},
            "exam_id": {"S": exam.exam_id},
            "expires_at": {"N": str(int(exam.created_at + self._retention_s))},
        }

    def _put(self, writes: list[Item]) -> None:
        try:
            self._table.transact([{"Put": {"TableName": self._table.name, **write}} for write in writes])
        except ConditionFailedError as exc:
            raise StaleExam(_STALE) from exc


def packed(text: str) -> bytes:
    """Text, smaller."""
    return zlib.compress(text.encode())


def unpacked(compressed: bytes) -> str:
    """The text that was packed."""
    return zlib.decompress(compressed).decode()


def _key(tenant_id: str, exam_id: str) -> Item:
    return key_of(f"{tenant_id}#exams", _EXAM + exam_id)


def _questions_key(tenant_id: str, exam_id: str) -> Item:
    return key_of(f"{tenant_id}#{exam_id}", "questions")


def _ticket_key(tenant_id: str, key: str) -> Item:
    return key_of(f"{tenant_id}#idempotency#{key}", "request")


def _item(exam: Exam) -> Item:
    return _key(exam.tenant_id, exam.exam_id) | {
        "version": {"N": str(exam.version)},
        "exam": {"B": pack(exam)},
    }


def _questions(exam: Exam, questions: str) -> Item:
    return _questions_key(exam.tenant_id, exam.exam_id) | {"questions": {"B": packed(questions)}}


def _exam(item: Item) -> Exam:
    return unpack(Exam, item["exam"]["B"])
