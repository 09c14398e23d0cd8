"""A session that its candidate left is ended by the service, hours later."""

from dataclasses import replace

from chalicelib.aws import items
from chalicelib.aws.sessions import Sessions
from infra.local.schedule import scheduled_event
from tests.offline.client import NOBODY, Answer, Client, Interview, Json, picture
from tests.offline.conftest import Cloud

TABLE = "proctoring-dev-sessions"
HOURS_S = 13 * 3600.0


def grow_old(cloud: Cloud, interview: Interview) -> None:
    """Let the session have started thirteen hours ago: one more than it may last."""
    client = cloud.client("dynamodb")
    (row,) = [
        item
        for item in client.scan(TableName=TABLE)["Items"]
        if item["pk"]["S"].endswith(f"#{interview.session_id}") and item["sk"]["S"] == "session"
    ]
    tenant_id = row["tenant_id"]["S"]
    session = Sessions(client, TABLE, retention_s=1).load(tenant_id, interview.session_id)
    aged = replace(session, started_at=session.started_at - HOURS_S)
    client.put_item(TableName=TABLE, Item=items.session_item(aged))


def run_the_schedule(cloud: Cloud) -> Answer:
    path = "/2015-03-31/functions/proctoring-dev-close_abandoned/invocations"
    return Client(cloud.url, "").call("POST", path, scheduled_event())


def report_in_the_end(interview: Interview) -> Json:
    while (answer := interview.server.call("GET", f"{interview.path}/report")).status == 409:
        pass
    report: Json = answer.body["report"]
    return report


def test_what_nobody_ended_is_ended_by_the_service_with_an_honest_report(cloud: Cloud, api_key: str) -> None:
    server = Client(cloud.url, api_key)
    interview, other = server.start(), server.start()
    for seq in range(1, 5):
        assert interview.frame(picture(seq, NOBODY), seq=seq).status == 200
    grow_old(cloud, interview)
    late = server.call("POST", f"{interview.path}/frame", {"frame": "", "seq": 5})

    ran = run_the_schedule(cloud)

    report = report_in_the_end(interview)
    assert (late.status, ran.status, ran.body) == (409, 200, None)
    assert (report["ended_by"], report["coverage"]["received"]) == ("service", 4)
    assert report["session_duration"] >= HOURS_S
    assert report["session_duration"] - report["coverage"]["gaps"]["seconds"] < 3600.0
    assert [alert["type"] for alert in report["alerts"]] == ["no_face_detected"]
    assert other.metrics()["is_active"]
    assert interview.end() == report
