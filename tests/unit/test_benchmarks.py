"""The benchmark tells right from wrong, and its stub of the cloud answers as the cloud would."""

import argparse
import json
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from benchmarks import swaps
from benchmarks.__main__ import PARTS, parts, write
from benchmarks.accuracy import Outcome, compare
from benchmarks.identity import Judged, Pair, Shot, bounds, figures, kind_of
from benchmarks.known import Known
from benchmarks.labels import Clip, Incident, Span
from benchmarks.load import Sent, overhead_ms, shown
from benchmarks.pictures import sitting
from benchmarks.running import SlowCloud
from benchmarks.slow_cloud import mark
from benchmarks.table import Row, rows, total
from benchmarks.tables import Item, Tables, UnsupportedError, updated
from chalicelib.vision.mosaic import mosaic

ONE = {"pk": {"S": "tenant#one"}, "sk": {"S": "session"}, "frames": {"N": "1"}}

CLIP = Clip(
    Path("folder/clip.mp4"),
    spans=(Span(0, 10, 1), Span(10, 15, 0)),
    incidents=(Incident("no_face", 10, 15), Incident("text", 2, 4)),
    undecided=frozenset({"low_light"}),
)


def alert(kind: str, start_s: float, duration_s: float = 1.0) -> dict[str, object]:
    return {"type": kind, "timestamp": start_s, "opened_at": start_s + 0.5, "duration": duration_s}


def test_frames_incidents_and_false_alerts_are_counted() -> None:
    faces = [(0.0, 1), (1.0, 2), (10.0, 0), (11.0, None), (99.0, 5)]
    alerts = [
        alert("no_face_detected", 10.5),
        alert("no_face_detected", 1.0),
        alert("low_light", 3.0),
        alert("blurred", 3.0),
    ]

    assert compare(CLIP, faces, alerts) == Outcome(
        name="folder/clip.mp4",
        frames=4,
        right=2,
        incidents=2,
        found=1,
        late_s=(1.0,),
        wrong=("no_face_detected@1s", "blurred@3s"),
    )


def test_outcomes_add_up() -> None:
    found, missed = Outcome("a", 10, 9, 2, 2, (0.5, 1.0)), Outcome("b", 5, 5, 1, 0, (), ("blurred@3s",))

    assert total("all", [found, missed]) == Outcome("all", 15, 14, 3, 2, (0.5, 1.0), ("blurred@3s",))


def test_pairs_of_faces_are_told_apart_by_what_they_have_in_common() -> None:
    father, again = Shot("k1.jpg", "K", occasion=0), Shot("k2.jpg", "K", occasion=1)
    son, stranger = Shot("m1.jpg", "M", occasion=0), Shot("a.mkv@1", "A", occasion=0)
    nodding, covered = Shot("b.mkv@0.1", "B", occasion=0), Shot("intel/book.mkv@0.8", "B", occasion=0)

    assert kind_of(father, again) is Pair.PHOTOGRAPHS
    assert kind_of(father, son) is Pair.FAMILY
    assert kind_of(father, stranger) is Pair.STRANGERS
    assert kind_of(nodding, Shot("b.mkv@2", "B", occasion=0)) is Pair.SITTING
    assert kind_of(nodding, covered) is Pair.COVERED
    assert kind_of(stranger, covered) is Pair.STRANGERS


def test_false_rejects_are_of_one_person_and_false_accepts_of_two() -> None:
    one = [Judged(Pair.PHOTOGRAPHS, each) for each in (99.0, 79.9, 49.9, None)]
    two = [Judged(Pair.STRANGERS, 80.0), Judged(Pair.FAMILY, 50.0), Judged(Pair.FAMILY, 3.0)]

    told = figures([*one, *two])

    assert told["pairs"]["one person, two occasions"] == {
        "pairs": 4,
        "no_face": 1,
        "match": 1,
        "unclear": 1,
        "mismatch": 1,
        "lowest": 49.9,
        "highest": 99.0,
    }
    at = {each["similarity"]: each for each in told["thresholds"]}
    assert [(at[80][name]["pairs"], at[80][name]["of"]) for name in ("false_reject", "false_accept")] == [
        (2, 3),
        (1, 3),
    ]
    swapped = swaps.figures(
        {
            "soon": Known(16.0, {}, 0, frames=(3,), shown=(3,)),
            "late": Known(16.0, {}, 0, frames=(7,), shown=(4,)),
            "never": Known(16.0, {}, 0, untold=("another_person@8s",)),
            "wrong": Known(16.0, {}, 0, false=("identity_mismatch@3s",)),
        }
    )
    assert swapped["late"] == {"late": [7, 4]}
    assert [row.here for row in rows({"identity": {**told, "swapped": swapped}})] == [
        "1 match, 1 unclear, 1 mismatch",
        "1 match, 0 unclear, 0 mismatch",
        "0 match, 1 unclear, 1 mismatch",
        *("1 of 3", "2 of 3", "1"),
    ]


def test_every_two_clips_are_a_film_and_a_swap_where_they_show_two_people() -> None:
    clips = [swaps.Scene(name, name[0], (name.encode(),) * 3) for name in ("a1", "a2", "b1")]
    made = {film.name: (film, reference) for film, reference in swaps.films(clips)}

    assert len(made) == 6
    assert [len(made[name][0].incidents) for name in ("a1, a2", "a1, b1", "b1, a1")] == [0, 1, 1]
    assert [made[name][1] for name in ("a1, a2", "a1, b1", "b1, a1")] == [b"a1", b"a2", b"b1"]
    (swap,) = made["a1, b1"][0].incidents
    assert list(made["a1, b1"][0].frames_of(swap)) == [3, 4, 5]


def test_a_session_under_load_shows_no_loop() -> None:
    places = [shown(7, seq) for seq in range(1, 121)]

    assert {abs(one - other) for one, other in pairwise(places)} == {1}
    for lag in range(3, 89):
        repeated = [one == other for one, other in zip(places, places[lag:], strict=False)]
        assert max((len(list(run)) for same, run in groupby(repeated) if same), default=0) < 30


def test_few_pairs_leave_much_to_doubt() -> None:
    assert bounds(0, 0) == (0.0, 1.0)
    assert tuple(round(each, 3) for each in bounds(0, 10)) == (0.0, 0.278)
    assert tuple(round(each, 3) for each in bounds(5, 10)) == (0.237, 0.763)
    assert bounds(0, 1000)[1] < 0.004


def test_an_item_is_read_as_it_was_put() -> None:
    tables = Tables()
    tables.answer("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t", "Item": ONE}}]})

    assert got(tables, ONE) == {"Item": ONE}
    assert tables.answer("DeleteItem", {"TableName": "t", "Key": key(ONE)}) == {}
    assert got(tables, ONE) == {}


def test_an_update_adds_and_sets() -> None:
    asked = {
        "UpdateExpression": "ADD frames :two SET #s = :ended, expires_at = :then",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":two": {"N": "2"}, ":ended": {"S": "ended"}, ":then": {"N": "9"}},
    }

    assert updated(ONE, asked) == {
        **ONE,
        "frames": {"N": "3"},
        "status": {"S": "ended"},
        "expires_at": {"N": "9"},
    }
    with pytest.raises(UnsupportedError):
        updated(ONE, {"UpdateExpression": "REMOVE frames"})


@pytest.mark.parametrize(
    ("forward", "expected"), [(True, [[1, 2], [3, 4], [5]]), (False, [[5, 4], [3, 2], [1]])]
)
def test_a_query_gives_what_begins_with_the_prefix_page_by_page(
    *, forward: bool, expected: list[list[int]]
) -> None:
    tables = Tables()
    for number in range(1, 6):
        put(tables, {"pk": {"S": "p"}, "sk": {"S": f"frame#{number}"}})
    put(tables, {"pk": {"S": "p"}, "sk": {"S": "session"}})

    assert pages(tables, "frame#", forward=forward) == expected


def test_an_index_lists_a_tenants_sessions_by_their_start() -> None:
    tables = Tables()
    for number in (2, 1):
        put(
            tables,
            {
                "pk": {"S": f"p{number}"},
                "sk": {"S": "session"},
                "tenant_id": {"S": "t"},
                "started": {"S": str(number)},
            },
        )
    asked = {
        "TableName": "t",
        "IndexName": "by_start",
        "KeyConditionExpression": "tenant_id = :tenant",
        "ExpressionAttributeValues": {":tenant": {"S": "t"}},
    }

    assert [item["pk"]["S"] for item in tables.answer("Query", asked)["Items"]] == ["p1", "p2"]
    assert tables.answer("Query", asked | {"Select": "COUNT"}) == {"Count": 2, "ScannedCount": 2}


def test_a_copied_partition_is_one_of_its_own() -> None:
    tables = Tables()
    put(tables, ONE)

    assert tables.copy("t", "tenant#one", "tenant#two") == 1
    assert got(tables, ONE | {"pk": {"S": "tenant#two"}}) == {"Item": ONE | {"pk": {"S": "tenant#two"}}}
    assert got(tables, ONE) == {"Item": ONE}


def test_overhead_is_what_is_left_of_a_frame_after_its_waits_for_the_table_and_its_slowest_call() -> None:
    asked = {"picture": {"DetectFaces": 0.25, "DetectText": 0.26, "S3 PUT": 0.025}}

    assert round(overhead_ms(Sent("picture", 0.0, 0.3, 200, asked=True), asked), 6) == 24.0
    assert round(overhead_ms(Sent("another", 0.0, 0.03, 200), asked), 6) == 22.0
    assert round(overhead_ms(Sent("of a mosaic", 0.0, 0.3, 200, asked=True), asked), 6) == 34.0


def test_parts_are_named_in_any_order_and_run_in_theirs() -> None:
    assert parts("cpu, latency") == ["latency", "cpu"]
    with pytest.raises(argparse.ArgumentTypeError, match="latencies"):
        parts("latencies")


def test_parts_that_were_not_measured_keep_their_figures(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    write({"load": {"sessions": 1}}, out)
    write({"cpu": {"vga": 2.0}}, out)

    assert json.loads(out.read_text()) == {"cpu": {"vga": 2.0}, "load": {"sessions": 1}}
    assert list(json.loads(out.read_text())) == [name for name in PARTS if name in ("cpu", "load")]


def test_a_figure_stands_beside_that_of_a_naive_backend() -> None:
    (row,) = rows({"latency": {"ratio": 1.131, "serial_ratio": 3.25}})

    assert row == Row(
        "a frame's time over its slowest call's", "1.13", "3.25 one call after the other", row.aim
    )


def test_the_slow_cloud_answers_boto3_and_says_what_it_was_asked() -> None:
    (picture,) = sitting(160, 120, 1)
    sheet = mosaic([picture] * 9)
    with SlowCloud(provider_ms=1, s3_ms=1, dynamodb_ms=1) as cloud:
        dynamodb, s3 = cloud.client("dynamodb"), cloud.client("s3")
        dynamodb.put_item(TableName="t", Item=ONE)
        item = dynamodb.get_item(TableName="t", Key=key(ONE))["Item"]
        s3.put_object(Bucket="b", Key="k", Body=picture)
        stored = s3.get_object(Bucket="b", Key="k")["Body"].read()
        listed = s3.list_objects_v2(Bucket="b", Prefix="k")["Contents"]
        faces, tiles = (
            cloud.client("rekognition").detect_faces(Image={"Bytes": each})["FaceDetails"]
            for each in (picture, sheet)
        )
        times = cloud.times()

    assert item == ONE
    assert stored == picture
    assert [each["Key"] for each in listed] == ["k"]
    assert [len(face["Landmarks"]) for face in faces] == [5]
    assert [round(face["BoundingBox"]["Left"] * 3 % 1, 6) for face in tiles] == [0.36] * 9
    assert times.calls == {"PutItem": 1, "GetItem": 1, "S3 PUT": 1, "S3 GET": 2, "DetectFaces": 2}
    assert times.pictures[mark(picture)].keys() == {"S3 PUT", "DetectFaces"}


def key(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk")}


def put(tables: Tables, item: Item) -> None:
    tables.answer("PutItem", {"TableName": "t", "Item": item})


def got(tables: Tables, item: Item) -> Item:
    return tables.answer("GetItem", {"TableName": "t", "Key": key(item)})


def pages(tables: Tables, prefix: str, *, forward: bool) -> list[list[int]]:
    """The numbers of the items, by page."""
    asked: Item = {
        "TableName": "t",
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":pk": {"S": "p"}, ":prefix": {"S": prefix}},
        "ScanIndexForward": forward,
        "Limit": 2,
    }
    found = []
    while True:
        page = tables.answer("Query", asked)
        found.append([int(item["sk"]["S"].removeprefix(prefix)) for item in page["Items"]])
        if "LastEvaluatedKey" not in page:
            return found
        asked |= {"ExclusiveStartKey": page["LastEvaluatedKey"]}
