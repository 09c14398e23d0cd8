"""The offline DynamoDB is atomic, exact, and no slower when it is full."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef

    from tests.offline.conftest import Cloud

Item = dict[str, Any]


@pytest.fixture
def dynamodb(cloud: "Cloud") -> "DynamoDBClient":
    return cloud.client("dynamodb")


@pytest.fixture
def table(dynamodb: "DynamoDBClient", new_name: Callable[[str], str]) -> Iterator[str]:
    name = new_name("table")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_owner",
                "KeySchema": [
                    {"AttributeName": "owner", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kind"]},
            }
        ],
    )
    yield name
    dynamodb.delete_table(TableName=name)


def key(sk: str, pk: str = "p") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(table: str, item: Item) -> "TransactWriteItemTypeDef":
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def add_one(table: str, sk: str) -> "TransactWriteItemTypeDef":
    return {
        "Update": {
            "TableName": table,
            "Key": key(sk),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }


def fill(dynamodb: "DynamoDBClient", table: str, numbers: range) -> None:
    for first in numbers[::25]:
        batch = range(first, min(first + 25, numbers.stop))
        dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": key(f"frame#{n:05d}") | blob()}} for n in batch]}
        )


def blob() -> Item:
    return {"m": {"M": {f"k{n}": {"N": str(n)} for n in range(12)}}}


def everything(dynamodb: "DynamoDBClient", table: str) -> list[Item]:
    return sorted(dynamodb.scan(TableName=table)["Items"], key=lambda item: item["sk"]["S"])


def queried(
    dynamodb: "DynamoDBClient",
    table: str,
    condition: str = "",
    *,
    limit: int | None = None,
    forward: bool = True,
    values: dict[str, str] | None = None,
) -> list[str]:
    """The sort keys on all pages of a query, as they come."""
    values = {"p": "p", **(values or {})}
    query: QueryInputTypeDef = {
        "TableName": table,
        "KeyConditionExpression": f"pk = :p{condition}",
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
        "ScanIndexForward": forward,
    }
    if limit:
        query["Limit"] = limit
    keys: list[str] = []
    while True:
        page = dynamodb.query(**query)
        keys += [item["sk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return keys
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def owned(dynamodb: "DynamoDBClient", table: str, owner: str) -> list[str]:
    page = dynamodb.query(
        TableName=table,
        IndexName="by_owner",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": owner}},
    )
    return [item["sk"]["S"] for item in page["Items"]]


def test_ten_seats_are_never_oversold(dynamodb: "DynamoDBClient", table: str) -> None:
    dynamodb.put_item(TableName=table, Item=key("room") | {"seats": {"N": "10"}})

    def book(_: int) -> bool:
        try:
            dynamodb.update_item(
                TableName=table,
                Key=key("room"),
                UpdateExpression="SET seats = seats - :one",
                ConditionExpression="seats > :zero",
                ExpressionAttributeValues={":one": {"N": "1"}, ":zero": {"N": "0"}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        sold = sum(threads.map(book, range(60)))

    assert sold == 10
    assert dynamodb.get_item(TableName=table, Key=key("room"))["Item"]["seats"] == {"N": "0"}


def test_a_failed_transaction_leaves_everything_as_it_was(dynamodb: "DynamoDBClient", table: str) -> None:
    dynamodb.put_item(
        TableName=table, Item=key("changed") | {"n": {"N": "1"}, "owner": {"S": "ann"}} | blob()
    )
    dynamodb.put_item(TableName=table, Item=key("deleted") | {"owner": {"S": "ann"}})
    dynamodb.put_item(TableName=table, Item=key("taken"))
    before = everything(dynamodb, table)

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(
            TransactItems=[
                add_one(table, "changed"),
                {"Delete": {"TableName": table, "Key": key("deleted")}},
                put(table, key("new") | {"owner": {"S": "ann"}}),
                add_one(table, "made by an update"),
                put(table, key("taken")),
            ]
        )

    assert [reason["Code"] for reason in caught.value.response["CancellationReasons"]] == [
        *["None"] * 4,
        "ConditionalCheckFailed",
    ]
    assert everything(dynamodb, table) == before
    assert queried(dynamodb, table) == ["changed", "deleted", "taken"]
    assert owned(dynamodb, table, "ann") == ["changed", "deleted"]


def test_a_transaction_and_a_query_cost_the_same_in_a_full_partition(
    dynamodb: "DynamoDBClient", table: str
) -> None:
    numbers = iter(range(90_000, 91_000))

    def transact() -> None:
        frame = put(table, key(f"frame#{next(numbers)}") | blob())
        dynamodb.transact_write_items(TransactItems=[frame, add_one(table, "session")])

    def newest() -> None:
        queried(dynamodb, table, " AND sk = :s", values={"s": "session"})

    def quickest(call: Callable[[], None]) -> float:
        """The least of several: what it costs when nothing else disturbs."""
        times = []
        for _ in range(15):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
        return min(times)

    fill(dynamodb, table, range(20))
    early = quickest(transact), quickest(newest)
    fill(dynamodb, table, range(20, 3_000))
    late = quickest(transact), quickest(newest)

    # Without the overrides: 40 and 10 times as much.
    assert late[0] < 3 * early[0]
    assert late[1] < 3 * early[1]


def test_the_same_transaction_sent_again_counts_once(dynamodb: "DynamoDBClient", table: str) -> None:
    items = [put(table, key("frame#1")), add_one(table, "session")]
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=items, ClientRequestToken="lost-answer")

    assert dynamodb.get_item(TableName=table, Key=key("session"))["Item"]["n"] == {"N": "1"}
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        dynamodb.transact_write_items(TransactItems=items[:1], ClientRequestToken="lost-answer")


@pytest.mark.parametrize("limit", [None, 1, 7])
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("", {}, range(40)),
        (" AND sk = :a", {"a": "frame#00007"}, [7]),
        (" AND sk < :a", {"a": "frame#00007"}, range(7)),
        (" AND sk <= :a", {"a": "frame#00007"}, range(8)),
        (" AND sk > :a", {"a": "frame#00007"}, range(8, 40)),
        (" AND sk >= :a", {"a": "frame#00007"}, range(7, 40)),
        (" AND sk BETWEEN :a AND :b", {"a": "frame#00005", "b": "frame#00009"}, range(5, 10)),
        (" AND begins_with(sk, :a)", {"a": "frame#0001"}, range(10, 20)),
        (" AND begins_with(sk, :a)", {"a": "alert#"}, []),
    ],
)
def test_every_page_of_every_query_comes_in_order(
    forty_frames: "tuple[DynamoDBClient, str]",
    *,
    condition: str,
    values: dict[str, str],
    expected: range | list[int],
    limit: int | None,
    forward: bool,
) -> None:
    keys = [f"frame#{number:05d}" for number in expected]

    found = queried(*forty_frames, condition, limit=limit, forward=forward, values=values)

    assert found == (keys if forward else keys[::-1])


@pytest.fixture(scope="module")
def forty_frames(cloud: "Cloud") -> "Iterator[tuple[DynamoDBClient, str]]":
    """Written backwards, with another partition beside them."""
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="ordered",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    for number in reversed(range(40)):
        dynamodb.put_item(TableName="ordered", Item=key(f"frame#{number:05d}"))
        dynamodb.put_item(TableName="ordered", Item=key(f"frame#{number:05d}", pk="another"))
    yield dynamodb, "ordered"
    dynamodb.delete_table(TableName="ordered")


def test_an_index_follows_its_items(dynamodb: "DynamoDBClient", table: str) -> None:
    for number in range(3):
        dynamodb.put_item(TableName=table, Item=key(f"{number}") | {"owner": {"S": "ann"}})
    dynamodb.put_item(TableName=table, Item=key("3"))
    dynamodb.update_item(
        TableName=table,
        Key=key("0"),
        UpdateExpression="SET #o = :bob",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":bob": {"S": "bob"}},
    )
    dynamodb.update_item(
        TableName=table,
        Key=key("1"),
        UpdateExpression="REMOVE #o",
        ExpressionAttributeNames={"#o": "owner"},
    )

    assert owned(dynamodb, table, "ann") == ["2"]
    assert owned(dynamodb, table, "bob") == ["0"]
    dynamodb.delete_item(TableName=table, Key=key("2"))
    assert owned(dynamodb, table, "ann") == []


def test_a_filter_on_an_index_is_applied_to_what_was_read_and_only_sees_what_the_index_holds(
    dynamodb: "DynamoDBClient", table: str
) -> None:
    for number in range(6):
        sort = key(f"{number}", pk=f"p{number}")
        dynamodb.put_item(
            TableName=table,
            Item=sort | {"owner": {"S": "ann"}, "kind": {"S": "ab"[number % 2]}, "much": {"S": "x"}},
        )
    dynamodb.put_item(TableName=table, Item=key("6") | {"kind": {"S": "a"}})
    query: Any = {
        "TableName": table,
        "IndexName": "by_owner",
        "KeyConditionExpression": "#o = :o AND sk BETWEEN :low AND :high",
        "FilterExpression": "kind = :kind",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {
            ":o": {"S": "ann"},
            ":low": {"S": "1"},
            ":high": {"S": "5"},
            ":kind": {"S": "a"},
        },
        "ScanIndexForward": False,
        "Limit": 2,
    }

    first = dynamodb.query(**query)
    rest = dynamodb.query(**{**query, "ExclusiveStartKey": first["LastEvaluatedKey"], "Limit": 9})
    unseen = dynamodb.query(  # of `much` the index holds nothing
        **{**query, "FilterExpression": "attribute_exists(much) AND kind = :kind", "Limit": 9}
    )

    assert (first["ScannedCount"], [each["sk"]["S"] for each in first["Items"]]) == (2, ["4"])
    assert first["LastEvaluatedKey"] == {**key("4", pk="p4"), "owner": {"S": "ann"}}
    assert [each["sk"]["S"] for each in rest["Items"]] == ["2"]
    assert unseen["Items"] == []
    assert set(first["Items"][0]) == {"pk", "sk", "owner", "kind"}


def test_a_large_answer_is_cut_into_pages_of_a_megabyte(dynamodb: "DynamoDBClient", table: str) -> None:
    for number in range(8):
        dynamodb.put_item(TableName=table, Item=key(f"{number}") | {"much": {"S": "x" * 300_000}})

    page = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p"}},
    )

    assert page["Count"] == 3
    assert queried(dynamodb, table) == [str(number) for number in range(8)]


def test_every_type_of_attribute_comes_back_as_it_was_written(dynamodb: "DynamoDBClient", table: str) -> None:
    item = key("all") | {
        "binary": {"B": b"\x00\xff"},
        "binaries": {"BS": [b"\x01"]},
        "numbers": {"NS": ["1"]},
        "strings": {"SS": ["a"]},
        "nothing": {"NULL": True},
        "yes": {"BOOL": True},
        "deep": {"L": [{"M": {"n": {"N": "0.5"}, "b": {"B": b"\xfe"}}}]},
    }
    dynamodb.put_item(TableName=table, Item=item)

    assert dynamodb.get_item(TableName=table, Key=key("all"))["Item"] == item
    assert dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p"}},
    )["Items"] == [item]


def test_a_malformed_transaction_is_refused_and_changes_nothing(
    dynamodb: "DynamoDBClient", table: str
) -> None:
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(TransactItems=[put(table, key("a")), put(table, key("a"))])

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert everything(dynamodb, table) == []
