"""Requests to DynamoDB are billed as AWS says."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.metered import Meter, item_bytes, read_units, write_units
from benchmarks.tables import INDEXES, Index
from chalicelib.aws import items
from chalicelib.domain import reducer
from chalicelib.domain.model import Alert, AttemptOf, Session
from tests import observations as show
from tests.stack import resources

KEY = {"pk": {"S": "tenant#one"}, "sk": {"S": "session"}}


def item(size_bytes: int, **others: Any) -> dict[str, Any]:  # noqa: ANN401 - attributes
    """An item of just this size."""
    bare = {**KEY, "state": {"B": b""}, **others}
    return {**bare, "state": {"B": bytes(size_bytes - item_bytes(bare))}}


def used(meter: Meter, operation: str, **asked: Any) -> dict[str, float]:  # noqa: ANN401 - as boto3 has it
    """What one more request uses."""
    before = dict(meter.used)
    meter.answer(operation, asked)
    return {name: units - before.get(name, 0) for name, units in meter.used.items() if "units" in name}


def put(size_bytes: int, **others: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Put": {"TableName": "proctoring-dev-sessions", "Item": item(size_bytes, **others)}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "héllo"}, 6),
        ({"B": b"123"}, 3),
        ({"B": "MTIz"}, 3),
        ({"N": "12345"}, 4),
        ({"N": "-1200"}, 3),
        ({"BOOL": True}, 1),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),
        ({"M": {"a": {"S": "bc"}}}, 7),
    ],
)
def test_an_attribute_has_the_size_of_its_name_and_its_value(value: Any, expected: int) -> None:  # noqa: ANN401
    assert item_bytes({"name": value}) == 4 + expected


def test_units_are_started_kilobytes() -> None:
    assert [write_units(size) for size in (0, 1, 1024, 1025)] == [1, 1, 1, 2]
    assert [read_units(size, consistent=True) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert read_units(4097, consistent=False) == 1


def test_a_write_in_a_transaction_counts_twice_and_so_does_a_condition() -> None:
    meter = Meter()
    table = {"TableName": "proctoring-dev-sessions"}

    assert used(meter, "TransactWriteItems", TransactItems=[put(1500)]) == {"sessions write units": 4}
    assert used(meter, "TransactWriteItems", TransactItems=[{"ConditionCheck": {**table, "Key": KEY}}]) == {
        "sessions write units": 4
    }


def test_a_write_costs_the_larger_of_what_was_and_what_is() -> None:
    meter, table = Meter(), {"TableName": "proctoring-dev-sessions"}
    meter.answer("PutItem", {**table, "Item": item(3000)})

    assert used(meter, "PutItem", **table, Item=item(500)) == {"sessions write units": 3}
    assert used(meter, "DeleteItem", **table, Key=KEY) == {"sessions write units": 1}
    assert meter.used["sessions stored bytes"] == 0


def test_an_index_is_written_when_its_keys_change_and_not_otherwise() -> None:
    meter, named = Meter(), {"tenant_id": {"S": "t"}, "started": {"S": "1"}}

    assert used(meter, "TransactWriteItems", TransactItems=[put(500, **named)]) == {"sessions write units": 3}
    assert used(meter, "TransactWriteItems", TransactItems=[put(600, **named)]) == {"sessions write units": 2}


def test_an_alert_writes_its_indices_when_it_opens_closes_or_moves_and_not_when_it_extends() -> None:
    meter = Meter()
    session = replace(show.session(), attempt=AttemptOf("math", "ann"))
    in_no_exam = show.session(session_id="s-2")
    opened = reducer.step(session, show.two_people(1), show.two_people(2))[1][0]
    closed = replace(opened, ended_at=9.0)

    def written(of: Session, alert: Alert) -> float:
        """Units of an index."""
        put = {"TableName": "proctoring-dev-sessions", "Item": items.alert_item(of, alert)}
        return used(meter, "PutItem", **put)["sessions write units"] - 1

    assert written(session, opened) == 3
    assert written(session, replace(opened, frames=3, duration=2.0, confidence=99.9)) == 0
    assert written(session, closed) == 3
    assert written(session, replace(closed, opened_at=3.0)) == 6
    assert written(in_no_exam, opened) == 1


def test_the_indices_are_those_of_the_template() -> None:
    described = resources()["SessionsTable"]["Properties"]["GlobalSecondaryIndexes"]

    assert {
        each["IndexName"]: Index(
            (each["KeySchema"][0]["AttributeName"], each["KeySchema"][1]["AttributeName"]),
            tuple(each["Projection"].get("NonKeyAttributes", ())),
        )
        for each in described
    } == INDEXES


def test_a_query_reads_all_its_items_together_and_whole() -> None:
    meter, table = Meter(), {"TableName": "proctoring-dev-sessions"}
    for number in range(3):
        frame = item(1500) | {"sk": {"S": f"frame#{number}"}}
        meter.answer("PutItem", {**table, "Item": frame})
    asked = {
        **table,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":pk": KEY["pk"], ":prefix": {"S": "frame#"}},
        "ProjectionExpression": "pk, sk",
        "ConsistentRead": True,
    }

    assert used(meter, "Query", **asked) == {"sessions write units": 0, "sessions read units": 2}


def test_a_counter_is_a_write_of_its_table() -> None:
    asked = {
        "TableName": "proctoring-dev-ledger",
        "Key": {"pk": {"S": "slot#1"}},
        "UpdateExpression": "ADD used :calls",
        "ExpressionAttributeValues": {":calls": {"N": "2"}},
        "ReturnValues": "ALL_NEW",
    }
    meter = Meter()

    assert meter.answer("UpdateItem", asked)["Attributes"]["used"] == {"N": "2"}
    assert meter.used["ledger write units"] == 1
