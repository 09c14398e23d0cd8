"""A dashboard over HTTP: the alerts of all of a tenant's sessions in one list."""

from tests.offline.client import NOBODY, PRESENT, TWO, Client, Json, picture
from tests.offline.conftest import Cloud


def listed(client: Client, query: str = "", path: str = "/api/alerts") -> list[Json]:
    answer = client.call("GET", f"{path}{query}")
    assert answer.status == 200, answer.body
    alerts: list[Json] = answer.body["alerts"]
    return alerts


def told(alerts: list[Json]) -> list[tuple[str, str, str]]:
    return [(each["session_id"], each["type"], each["state"]) for each in alerts]


def test_two_interviews_are_seen_in_one_list_and_nothing_of_another_tenant(
    cloud: Cloud, api_key: str
) -> None:
    ours, others = Client(cloud.url, api_key), Client(cloud.url, cloud.new_api_key("Other Hiring"))
    first, second = ours.start(session_id="dashboard-1"), ours.start(session_id="dashboard-2")
    theirs = others.start(session_id="dashboard-1")
    for interview, seq, shows in (
        (first, 1, TWO),
        (second, 1, PRESENT),
        (theirs, 1, TWO),
        *((second, seq, NOBODY) for seq in (2, 3, 4)),
    ):
        assert interview.frame(picture(seq, shows), seq=seq).status == 200

    while_they_go_on = told(listed(ours))
    second.end()

    assert while_they_go_on == [
        ("dashboard-2", "no_face_detected", "open"),
        ("dashboard-1", "multiple_faces_detected", "open"),
    ]
    assert told(listed(ours, path="/alerts")) == [
        ("dashboard-2", "no_face_detected", "closed"),
        ("dashboard-1", "multiple_faces_detected", "open"),
    ]
    assert told(listed(ours, "?state=open&severity=critical")) == while_they_go_on[1:]
    assert told(listed(others)) == while_they_go_on[1:]
    newest = listed(ours)[0]
    assert told(listed(ours, f"?since={newest['opened_time']}"))[0][0] == "dashboard-2"
    assert told(listed(ours, f"?until={newest['opened_time']}")) == while_they_go_on[1:]
    ours.call("DELETE", first.path)
    assert told(listed(ours)) == [("dashboard-2", "no_face_detected", "closed")]
    assert told(listed(others)) == while_they_go_on[1:]
