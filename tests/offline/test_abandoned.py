"""A session that its candidate left is ended by the service, hours later."""

from infra.local.schedule import scheduled_event
from tests.offline.client import NOBODY, Answer, Client, Interview, Json, picture
from tests.offline.conftest import Cloud
from tests.old_sessions import HOURS_S, grow_old


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
    grow_old(cloud.client("dynamodb"), interview.session_id)
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
