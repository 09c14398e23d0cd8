"""What the list of alerts in DynamoDB does beyond its contract: how much it reads, and an index that lags."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from chalicelib.aws import items
from chalicelib.aws.alerts import Alerts, _mark
from chalicelib.aws.dynamodb import Item, cursor
from chalicelib.domain import reducer
from chalicelib.domain.alerts import AlertState, Wanted
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Alert, AttemptOf, Severity
from tests import observations as show

SESSION = replace(show.session(), attempt=AttemptOf("math", "ann"))
(ALERT,) = reducer.step(SESSION, show.two_people(1))[1]
EVERYTHING = Wanted()


def entry(alert: Alert) -> Item:
    return {name: fact for name, fact in items.alert_item(SESSION, alert).items() if name != "alert"}


def numbered(number: int) -> Alert:
    return replace(ALERT, id=f"{number:09d}-{ALERT.type}", opened_at=float(number))


class Lagging:
    """A table and what its index holds of it, which may be another time's."""

    def __init__(self, *alerts: Alert, index: list[Item]) -> None:
        stored = [items.alert_item(SESSION, alert) for alert in alerts]
        self.table = {item["sk"]["S"]: item for item in stored}
        self.index = index
        self.queries: list[Mapping[str, Any]] = []

    def query(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 has it
        """A page of the index: the filter leaves what it leaves of what was read."""
        self.queries.append(dict(asked))
        after = asked.get("ExclusiveStartKey", {}).get("opened")
        places = [each["opened"] for each in self.index]
        start = places.index(after) + 1 if after else 0
        read = self.index[start : start + asked["Limit"]]
        more = {"LastEvaluatedKey": read[-1]} if start + len(read) < len(self.index) else {}
        filters = asked.get("ExpressionAttributeNames", {}).values()
        values = asked["ExpressionAttributeValues"]
        return {"Items": [each for each in read if all(each[n] == values[f":{n}"] for n in filters)], **more}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        """What is there of what is asked for. Raises what DynamoDB does for a key that comes twice."""
        ((name, asked),) = RequestItems.items()
        sks = [key["sk"]["S"] for key in asked["Keys"]]
        assert len(set(sks)) == len(sks)
        return {"Responses": {name: [self.table[sk] for sk in sks if sk in self.table]}}


def page(client: Lagging, wanted: Wanted = EVERYTHING, limit: int = 10, after: str | None = None) -> Any:  # noqa: ANN401
    return Alerts(cast("Any", client), "t").page("acme", wanted, limit, after)


def test_an_entry_whose_alert_is_gone_is_passed_over() -> None:
    client = Lagging(numbered(1), index=[entry(numbered(2)), entry(numbered(1))])

    assert [each.id for each in page(client).items] == [numbered(1).id]


def test_an_alert_that_moved_is_listed_once_and_where_it_is_now() -> None:
    moved = replace(numbered(1), opened_at=9.0)
    client = Lagging(moved, index=[entry(moved), entry(numbered(1))])

    assert [each.opened_at for each in page(client).items] == [9.0]


def test_an_alert_that_has_closed_is_not_listed_as_open_though_the_index_says_so() -> None:
    client = Lagging(replace(ALERT, ended_at=2.0), index=[entry(ALERT)])

    assert page(client, Wanted(state=AlertState.OPEN)).items == ()
    assert [each.state for each in page(client).items] == [AlertState.CLOSED]


def test_a_filter_that_fits_nothing_reads_a_thousand_entries_and_tells_where_to_go_on() -> None:
    client = Lagging(index=[entry(numbered(number)) for number in range(2_500, 0, -1)])
    wanted = Wanted(severity=Severity.INFO)

    pages = [page(client, wanted)]
    while pages[-1].cursor:
        pages.append(page(client, wanted, after=pages[-1].cursor))

    assert [each.items for each in pages] == [(), (), ()]
    assert [each["Limit"] for each in client.queries] == [200] * 13
    assert len({str(each.get("ExclusiveStartKey")) for each in client.queries}) == 13


def test_without_a_filter_no_more_is_read_than_is_listed() -> None:
    alerts = [numbered(number) for number in (3, 2, 1)]
    client = Lagging(*alerts, index=[entry(alert) for alert in alerts])

    first = page(client, limit=2)
    page(client, limit=2, after=first.cursor)

    assert [each["Limit"] for each in client.queries] == [2, 2]


@pytest.mark.parametrize(
    ("wanted", "index", "partition"),
    [
        (Wanted(), "alerts_by_tenant", {"tenant_id": {"S": "acme"}}),
        (Wanted(exam_id="math"), "alerts_by_exam", {"of_exam": {"S": "acme#math"}}),
        (Wanted(candidate_id="ann"), "alerts_by_candidate", {"of_candidate": {"S": "acme#ann"}}),
        (Wanted("math", "ann"), "alerts_by_candidate", {"of_candidate": {"S": "acme#ann"}}),
    ],
)
def test_the_narrowest_index_is_read_and_a_cursor_stays_in_its_partition(
    wanted: Wanted, index: str, partition: Item
) -> None:
    client = Lagging(index=[entry(numbered(number)) for number in range(1_500, 0, -1)])

    first = page(client, wanted, limit=1)
    page(client, wanted, limit=1, after=first.cursor)

    asked = client.queries[-1]
    (value,) = partition.values()
    assert {each["IndexName"] for each in client.queries} == {index}
    assert asked["ExpressionAttributeValues"][":key"] == value
    start = asked["ExclusiveStartKey"]
    assert {name: start[name] for name in start if name not in {"pk", "sk", "opened"}} == partition
    assert start["pk"]["S"] == "acme#s-1"


@pytest.mark.parametrize("place", ["a", "a#b", "a#b#c#d", "##", "a##c"])
def test_a_cursor_that_somebody_made_up_is_refused_unless_it_is_a_place(place: str) -> None:
    made_up = cursor(_mark("acme", EVERYTHING, place), place)  # which is no secret

    with pytest.raises(BadInput):
        page(Lagging(index=[]), after=made_up)
