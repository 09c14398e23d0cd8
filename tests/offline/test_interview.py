"""An interview over HTTP, as the contract tells it."""

import urllib.request

import pytest

from infra.local.rekognition.staged import face, label, line
from tests.offline.client import NOBODY, TWO, Client, Interview, Json, base64_of, picture
from tests.offline.conftest import Cloud


@pytest.fixture
def server(cloud: Cloud, api_key: str) -> Client:
    return Client(cloud.url, api_key)


def play(interview: Interview, *scripts: object) -> list[Json]:
    results = []
    for seq, script in enumerate(scripts, start=1):
        answer = interview.frame(picture(seq, script), seq=seq)  # type: ignore[arg-type]
        assert answer.status == 200, answer.body
        results.append(answer.body["result"])
    return results


def test_an_interview_is_told_in_episodes_with_evidence(server: Client) -> None:
    interview = server.start(
        session_id="episodes-1", candidate={"name": "Ada"}, job_data={"title": "Engineer"}
    )
    calm = {"faces": [face(yaw_deg=10, pitch_deg=5, emotions={"HAPPY": 20.0, "CALM": 40.0})]}
    results = play(interview, calm, NOBODY, NOBODY, NOBODY, calm, TWO, calm)
    report = interview.end()
    listed = server.call("GET", f"{interview.path}/alerts").body

    assert [alert["type"] for alert in results[3]["alerts"]] == ["no_face_detected"]
    assert [(alert["type"], alert["frames"]) for alert in report["alerts"]] == [
        ("no_face_detected", 3),
        ("multiple_faces_detected", 1),
    ]
    assert listed["total_alerts"] == 2
    with urllib.request.urlopen(listed["alerts"][0]["evidence"][0]["url"]) as evidence:
        assert evidence.read() == picture(4, NOBODY)
    assert report["coverage"]["received"] == report["coverage"]["analysed"] == 7
    assert report["candidate"] == {"name": "Ada"}
    assert report["summary"]["source"] == "rules"


def test_the_metrics_are_the_contracts_formulas(server: Client) -> None:
    script = {"faces": [face(yaw_deg=-10, pitch_deg=5, roll_deg=4, emotions={"HAPPY": 20.0, "CALM": 40.0})]}
    (result,) = play(server.start(), script)

    assert result["metrics"] == {
        "eye_contact": 89.0,
        "facial_expression": 72.0,
        "engagement": pytest.approx(0.6 * 72 + 0.4 * 89),
        "confidence": result["faces"][0]["confidence"],
        "posture": pytest.approx(95 - (0.8 * 5 + 0.6 * 4)),
    }


def test_objects_and_text_raise_alerts_by_whole_labels(server: Client) -> None:
    headphones = {"faces": [face()], "labels": [label("Headphones", 99.0, parents=["Electronics"])]}
    phone = {"faces": [face()], "labels": [label("Iphone", 93.0, parents=["Mobile Phone"])]}
    page = {"faces": [face()], "text": [line("Chapter one", 95.0)]}
    results = play(server.start(), headphones, phone, page)

    assert [[alert["type"] for alert in result["alerts"]] for result in results] == [
        [],
        ["suspicious_object"],
        ["text_detected"],
    ]


def test_with_emotions_off_they_are_not_even_asked_for(server: Client) -> None:
    interview = server.start(policy={"emotions": False})
    (result,) = play(interview, {"faces": [face(emotions={"SAD": 99.0})]})
    report = interview.end()
    emotions = server.call("GET", f"{interview.path}/emotions").body

    assert (result["emotions"], result["dominant_emotion"]) == (None, None)
    assert result["metrics"]["engagement"] is None
    assert "switched off" in result["reasons"]["engagement"]
    assert (report["emotion_summary"], report["emotion_timeline"]) == (None, None)
    assert (emotions["emotion_timeline"], emotions["emotion_summary"]) == (None, None)


def test_the_timeline_of_emotions_comes_in_pages(server: Client) -> None:
    interview = server.start()
    play(interview, *[{"faces": [face(emotions={"HAPPY": 90.0, "CALM": 5.0})]} for _ in range(5)])
    first = server.call("GET", f"{interview.path}/emotions?limit=3").body
    rest = server.call("GET", f"{interview.path}/emotions?limit=3&cursor={first['next_cursor']}").body

    numbers = [point["frame_number"] for point in first["emotion_timeline"] + rest["emotion_timeline"]]
    assert numbers == [1, 2, 3, 4, 5]
    assert first["emotion_timeline"][0]["dominant_emotion"] == "HAPPY"
    assert rest["next_cursor"] is None


def test_a_frame_may_come_as_a_data_url_bare_or_in_a_form(server: Client) -> None:
    interview = server.start()
    jpeg, path = picture(1), f"{interview.path}/frame"
    form = (
        b'--b\r\nContent-Disposition: form-data; name="frame"; filename="f.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n"
        b'--b\r\nContent-Disposition: form-data; name="seq"\r\n\r\n3\r\n--b--\r\n'
    )
    bare = interview.frame(jpeg, seq=1)
    url = interview.browser.call(
        "POST", path, {"frame": f"data:image/jpeg;base64,{base64_of(picture(2))}", "seq": 2}
    )
    multipart = interview.browser.call("POST", path, raw=form, Content_Type="multipart/form-data; boundary=b")

    assert [each.body["result"]["frame_number"] for each in (bare, url, multipart)] == [1, 2, 3]


def test_a_session_ends_once_and_its_report_stays(server: Client) -> None:
    interview = server.start()
    play(interview, NOBODY, NOBODY, NOBODY)
    first, again = interview.end(), interview.end()
    read = server.call("GET", f"{interview.path}/report").body["report"]
    late = interview.frame(picture(9), seq=9)

    assert first == again == read
    assert (late.status, late.body["type"]) == (409, "urn:proctoring:problem:session-ended")


def test_an_active_session_has_no_report_and_its_id_is_taken(server: Client) -> None:
    interview = server.start(session_id="taken")
    report = server.call("GET", f"{interview.path}/report")
    again = server.call("POST", "/api/sessions/start", {"session_id": "taken"})

    assert (report.status, again.status) == (409, 409)


def test_the_same_start_with_the_same_key_is_the_same_session(server: Client) -> None:
    body = {"candidate": {"name": "Ada"}}
    first = server.call("POST", "/api/sessions/start", body, Idempotency_Key="a-1")
    again = server.call("POST", "/api/sessions/start", body, Idempotency_Key="a-1")
    other = server.call("POST", "/api/sessions/start", {}, Idempotency_Key="a-1")

    assert first.body["session_id"] == again.body["session_id"]
    assert other.status == 409


def test_sessions_are_listed_newest_first_in_pages_of_one_tenant(cloud: Cloud, server: Client) -> None:
    Client(cloud.url, cloud.new_api_key()).start()
    ids = [server.start().session_id for _ in range(3)]
    first = server.call("GET", "/api/sessions?limit=2").body
    rest = server.call("GET", f"/api/sessions?limit=2&cursor={first['next_cursor']}").body

    assert [row["session_id"] for row in first["sessions"] + rest["sessions"]] == ids[::-1]
    assert (first["total_sessions"], rest["total_sessions"], rest["next_cursor"]) == (3, 3, None)


def test_erasing_leaves_nothing(cloud: Cloud, server: Client) -> None:
    interview = server.start(policy={"keep_frames": "all"})
    play(interview, NOBODY, NOBODY, NOBODY)
    interview.end()
    erased = server.call("DELETE", interview.path).body["erased"]
    left = cloud.client("dynamodb").scan(TableName="proctoring-dev-sessions")["Items"]
    pictures = cloud.client("s3").list_objects_v2(Bucket=cloud.environment["EVIDENCE_BUCKET"])

    assert erased == {
        "frames": 3,
        "alerts": 1,
        "reports": 1,
        "memories": 0,
        "sessions": 1,
        "pictures": 3,
    }
    assert not [item for item in left if interview.session_id in item["pk"]["S"]]
    assert not [each for each in pictures.get("Contents", []) if interview.session_id in each["Key"]]
    assert server.call("GET", f"{interview.path}/metrics").status == 404


@pytest.mark.parametrize(("keep", "stored"), [("all", 5), ("evidence", 2), ("none", 1)])
def test_pictures_are_kept_as_the_policy_says(cloud: Cloud, server: Client, keep: str, stored: int) -> None:
    interview = server.start(policy={"keep_frames": keep})
    play(interview, {"faces": [face()]}, TWO, TWO, {"faces": [face()]}, {"faces": [face()]})
    report = interview.end()
    wanted = {each["picture"] for alert in report["alerts"] for each in alert["evidence"]}
    if keep != "all":
        _wait_for_the_queue(cloud, interview, len(wanted))
    kept = _pictures(cloud, interview)

    assert len(kept) == stored
    assert wanted <= kept


def test_a_candidate_sees_one_session_and_only_what_is_theirs(server: Client) -> None:
    interview, other = server.start(), server.start()
    browser = interview.browser

    assert browser.call("GET", f"{interview.path}/metrics").status == 200
    assert browser.call("GET", f"{interview.path}/report").status == 403
    assert browser.call("GET", "/api/sessions").status == 403
    assert browser.call("DELETE", interview.path).status == 403
    assert browser.call("GET", f"{other.path}/metrics").status == 404


def test_another_tenants_session_looks_like_none(cloud: Cloud, server: Client) -> None:
    interview = server.start()
    stranger = Client(cloud.url, cloud.new_api_key())
    foreign = stranger.call("GET", f"{interview.path}/metrics")
    absent = stranger.call("GET", "/api/sessions/absent/metrics")

    assert (
        (foreign.status, foreign.body["detail"])
        == (absent.status, absent.body["detail"])
        == (404, absent.body["error"])
    )


@pytest.mark.parametrize("credential", ["", "nonsense", "pk_dev_0123456789_" + "0" * 38, "a.b.c"])
def test_without_a_good_credential_it_is_401(cloud: Cloud, credential: str) -> None:
    answer = Client(cloud.url, credential).call("GET", "/api/sessions")

    assert (answer.status, answer.media_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_pages_and_health_need_no_credential_and_no_other_host(cloud: Cloud) -> None:
    anyone = Client(cloud.url, "")
    page = anyone.call("GET", "/api/docs", Accept="text/html").body.decode()

    assert anyone.call("GET", "/health").body["status"] == "healthy"
    assert len(anyone.call("GET", "/health?deep=true").body["dependencies"]) == 12
    assert anyone.call("GET", "/api/openapi.json").body["openapi"] == "3.1.0"
    assert "src=" not in page
    assert "http" not in page.replace("https&", "").split('id="openapi">')[0]


def _pictures(cloud: Cloud, interview: Interview) -> set[str]:
    listed = cloud.client("s3").list_objects_v2(Bucket=cloud.environment["EVIDENCE_BUCKET"])
    keys = [each["Key"] for each in listed.get("Contents", []) if interview.session_id in each["Key"]]
    return {key.rsplit("/", 1)[1] for key in keys}


def _wait_for_the_queue(cloud: Cloud, interview: Interview, count: int) -> None:
    while len(_pictures(cloud, interview)) > count:
        pass
