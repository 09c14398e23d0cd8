"""Attempts at exams in DynamoDB, in the table of the exams.

pk = <tenant>#<exam>; sk = candidate#<candidate>: the assignment, and how far it is
pk = <tenant>#<exam>; sk = answers#<candidate>: apart, so that lists stay small

The index `by_candidate` holds the keys of the first: candidate = <tenant>#<candidate>, exam_id.
An attempt expires some time after its start, its answers after they came; what was never started does not.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import ConditionFailedError, Item, cursor, delete_all, key_of, parts_of, storage
from chalicelib.aws.exams import packed, unpacked
from chalicelib.aws.table import NEW, Table, still_at
from chalicelib.domain.attempts import Attempt
from chalicelib.domain.errors import NotFound, StaleExam
from chalicelib.domain.model import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CANDIDATE, _ANSWERS = "candidate#", "answers#"
_STALE = "The attempt was changed at the same time."


class Attempts:
    """Every method is about one tenant."""

    def __init__(self, client: "DynamoDBClient", table: str, *, retention_s: float) -> None:
        self._table = Table(client, table)
        self._retention_s = retention_s

    def create(self, attempt: Attempt) -> bool:
        """Store a new attempt; False, and nothing changes, if the candidate has one at this exam."""
        try:
            self._table.put(self._item(attempt), **NEW)
        except ConditionFailedError:
            return False
        return True

    def load(self, tenant_id: str, exam_id: str, candidate_id: str) -> Attempt:
        """The attempt. Raises NotFound."""
        item = self._table.get(_key(tenant_id, exam_id, candidate_id))
        if item is None:
            raise NotFound("There is no such candidate; check the id.")
        return _attempt(item)

    def save(self, attempt: Attempt, answers: str | None = None) -> Attempt:
        """Store the attempt's next version, with answers if any are given, or nothing. Raises StaleExam."""
        saved = replace(attempt, version=attempt.version + 1)
        item, unchanged = self._item(saved), still_at(attempt.version)
        try:
            if answers is None:
                self._table.put(item, **unchanged)
            else:
                puts: list[Item] = [{"Item": item, **unchanged}, {"Item": self._answers(saved, answers)}]
                self._table.transact([{"Put": {"TableName": self._table.name, **put}} for put in puts])
        except ConditionFailedError as exc:
            raise StaleExam(_STALE) from exc
        return saved

    def remove(self, attempt: Attempt) -> None:
        """Delete the attempt if it is so still. Raises StaleExam."""
        key = _key(attempt.tenant_id, attempt.exam_id, attempt.candidate_id)
        try:
            self._table.delete(key, **still_at(attempt.version))
        except ConditionFailedError as exc:
            raise StaleExam(_STALE) from exc

    def answers(self, tenant_id: str, exam_id: str, candidate_id: str) -> str | None:
        """The answers that are kept, JSON as text."""
        item = self._table.get(_answers_key(tenant_id, exam_id, candidate_id))
        return unpacked(item["answers"]["B"]) if item else None

    def page(self, tenant_id: str, exam_id: str, limit: int, after: str | None) -> Page[Attempt]:
        """The exam's attempts, by candidate. Raises BadInput for a foreign cursor."""
        page = self._table.page(f"{tenant_id}#{exam_id}", _CANDIDATE, limit, after)
        return Page(tuple(map(_attempt, page.items)), page.cursor)

    def of_candidate(self, tenant_id: str, candidate_id: str, limit: int, after: str | None) -> Page[Attempt]:
        """The candidate's attempts, that at the newest exam first. Raises BadInput for a foreign cursor."""
        whose = {"S": f"{tenant_id}#{candidate_id}"}
        query: dict[str, Any] = {
            "IndexName": "by_candidate",
            "KeyConditionExpression": "candidate = :candidate",
            "ExpressionAttributeValues": {":candidate": whose},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            exam_id = parts_of(after, 1)[0]
            place = {"candidate": whose, "exam_id": {"S": exam_id}}
            query["ExclusiveStartKey"] = _key(tenant_id, exam_id, candidate_id) | place
        with storage():
            reply = self._table.client.query(TableName=self._table.name, **query)
        items = self._table.get_some([{"pk": each["pk"], "sk": each["sk"]} for each in reply["Items"]])
        last = reply.get("LastEvaluatedKey")
        return Page(
            tuple(_attempt(item) for item in items if item), cursor(last["exam_id"]["S"]) if last else None
        )

    def clear(self, tenant_id: str, exam_id: str) -> int:
        """Delete all attempts at an exam with their answers; how many attempts there were.

        The answers first: where no attempt leads to them, nobody would find them.
        """
        pk = f"{tenant_id}#{exam_id}"
        self._delete_all(pk, _ANSWERS)
        return self._delete_all(pk, _CANDIDATE)

    def _delete_all(self, pk: str, prefix: str) -> int:
        keys = self._table.query(pk, prefix, only="pk, sk")
        with storage():
            return delete_all(self._table.client, self._table.name, keys)

    def _item(self, attempt: Attempt) -> Item:
        item = _key(attempt.tenant_id, attempt.exam_id, attempt.candidate_id) | {
            "candidate": {"S": f"{attempt.tenant_id}#{attempt.candidate_id}"},
            "exam_id": {"S": attempt.exam_id},
            "version": {"N": str(attempt.version)},
            "attempt": {"B": pack(attempt)},
        }
        return item if attempt.started_at is None else item | self._expiry(attempt.started_at)

    def _answers(self, attempt: Attempt, answers: str) -> Item:
        assert attempt.answered_at is not None
        key = _answers_key(attempt.tenant_id, attempt.exam_id, attempt.candidate_id)
        return key | {"answers": {"B": packed(answers)}} | self._expiry(attempt.answered_at)

    def _expiry(self, since: float) -> Item:
        return {"expires_at": {"N": str(int(since + self._retention_s))}}


def _key(tenant_id: str, exam_id: str, candidate_id: str) -> Item:
    return key_of(f"{tenant_id}#{exam_id}", _CANDIDATE + candidate_id)


def _answers_key(tenant_id: str, exam_id: str, candidate_id: str) -> Item:
    return key_of(f"{tenant_id}#{exam_id}", _ANSWERS + candidate_id)


def _attempt(item: Item) -> Attempt:
    return unpack(Attempt, item["attempt"]["B"])
