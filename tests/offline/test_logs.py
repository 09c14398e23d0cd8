"""A whole run leaves nobody's name, words, pictures or keys in the log; every line says whose it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws.codec import pack
from infra.local.cloud import STAGE
from infra.local.cognito import CODE
from infra.local.rekognition.script import Script
from infra.local.rekognition.staged import face, line
from tests.offline.client import NOBODY, Client, Emulator, Interview, base64_of, picture
from tests.offline.conftest import Cloud
from tests.openai_server import OpenAIServer, fails, openai_server

NEEDLE = "quokka"
"""Stands in everything that a caller sends and is nobody's business, in small letters."""
NAME, EMAIL = f"Ada {NEEDLE}", f"ada@{NEEDLE}.example"
PAGE: Script = {"faces": [face()], "text": [line(f"Notes of {NEEDLE}", 99.0)]}
CANDIDATE = {"name": NAME, "email": EMAIL}
SESSIONS, SECRET = f"proctoring-{STAGE}-sessions", f"proctoring-{STAGE}"

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What was written, and what must not be in it beside the needle."""

    log: str
    secrets: dict[str, str]

    @property
    def lines(self) -> list[Line]:
        return [json.loads(each) for each in self.log.splitlines() if each.startswith("{")]

    def of(self, event: str) -> list[Line]:
        return [each for each in self.lines if each["message"] == event]


@contextmanager
def started(openai: OpenAIServer, logs: Path) -> Iterator[Cloud]:
    """A cloud of its own: what breaks here would break other tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_API_KEY", "sk-of-this-test")
        environment.setenv("OPENAI_BASE_URL", openai.url)
        environment.setenv("REKOGNITION_TPS", "0")
        environment.setenv("LOG_LEVEL", "DEBUG")
        with Cloud(logs=logs) as cloud:
            yield cloud


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    logs = tmp_path_factory.mktemp("logs")
    with openai_server() as openai, started(openai, logs) as cloud:
        openai.behave = fails(500)
        server = Client(cloud.url, cloud.api_key)
        interview = start(server)
        frames(interview, Emulator(cloud.rekognition_url))
        nonsense(server, interview)
        server.call("GET", f"{interview.path}/alerts")
        interview.end()
        person = people(cloud, server)
        erased = server.start(candidate=CANDIDATE)
        server.call("DELETE", erased.path)
        while '"tidy_evidence"' not in (logs / "serve.log").read_text():
            pass
        known_faces(server)
        secret = told_of_pictures(server)
        broken(cloud, server)
        stored = cloud.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
        secrets = {
            "API key": cloud.api_key.rsplit("_", 1)[1],
            "session token": interview.browser.credential.rsplit(".", 1)[1],
            **person,
            "picture": base64_of(picture(1))[200:260],
            "webhook's secret": secret.removeprefix("whsec_"),
            "signing key": json.loads(stored)["session_token_key"],
            "OpenAI's key": "sk-of-this-test",
            "OpenAI's error": "sk-verysecret",
            "credential": "Bearer",
        }
    return Run((logs / "serve.log").read_text(), secrets)


def start(server: Client) -> Interview:
    """A session made twice by one key, and refused for the third time."""
    wanted = {"session_id": "s-1", "candidate": CANDIDATE, "consent": CANDIDATE, "job_data": {"title": NAME}}
    key = Client(server.url, server.credential, {"Idempotency-Key": NEEDLE})
    first, again, other = (
        key.call("POST", "/api/sessions/start", body, Idempotency_Key=NEEDLE)
        for body in (wanted, wanted, {**wanted, "candidate": {}})
    )
    assert (first.status, again.status, other.status) == (200, 200, 409)
    return Interview(server, "s-1", Client(server.url, first.body["session_token"]), first.body)


def frames(interview: Interview, emulator: Emulator) -> None:
    """Calm ones, one with text, an outage, one twice, one that is none, a form, a batch."""
    interview.frame(picture(1), seq=1)
    assert interview.frame(picture(2, PAGE), seq=2).body["result"]["alerts"]
    for fault in ({"kind": "error"}, {"kind": "garbage", "form": "wrong_shape"}):
        emulator.fail(**fault)
        interview.frame(picture(3, NOBODY), seq=3 if "form" in fault else 4)
        emulator.heal()
    interview.frame(picture(1), seq=1)
    interview.frame(NAME.encode(), seq=5)
    head = f'--b\r\nContent-Disposition: form-data; name="frame"; filename="{NEEDLE}.jpg"\r\n\r\n'.encode()
    form = head + picture(6) + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    assert (
        interview.browser.call("POST", f"{interview.path}/frame", raw=form, Content_Type=kind).status == 200
    )
    batch = {"frames": [{"frame": base64_of(picture(7)), "seq": 7}, {"frame": NEEDLE, "seq": 8}]}
    interview.browser.call("POST", f"{interview.path}/frames", batch)


def people(cloud: Cloud, server: Client) -> dict[str, str]:
    """Somebody who does everything that people do, well and badly; what must not be in the log of it."""
    wanted = {"email": EMAIL, "role": "proctor", "name": NAME}
    invited = server.call("POST", "/api/people", wanted).body
    nobody, password = Client(server.url, ""), f"Correct1{NEEDLE}"
    registering = {"invitation": invited["invitation"], "email": EMAIL, "password": password, "name": NAME}
    for body in ({**registering, "password": NEEDLE}, {**registering, "invitation": NEEDLE}, registering):
        nobody.call("POST", "/api/register", body)
    for code in (NEEDLE, CODE):
        nobody.call("POST", "/api/confirm", {"email": EMAIL, "code": code})
    for body in ({"email": EMAIL, "password": NEEDLE}, {"email": NAME, "password": NEEDLE}):
        assert nobody.call("POST", "/api/login", body).status in {401, 422}
    login = nobody.call("POST", "/api/login", {"email": EMAIL, "password": password}).body
    ada = Client(cloud.url, login["access_token"])
    assert ada.call("GET", "/api/me").body["person"]["name"] == NAME
    for token in (NEEDLE, login["refresh_token"]):
        nobody.call("POST", "/api/refresh", {"refresh_token": token})
    nobody.call("POST", "/api/password/forgot", {"email": EMAIL})
    nobody.call("POST", "/api/password/reset", {"email": EMAIL, "code": NEEDLE, "password": password})
    ada.call("POST", "/api/logout")
    server.call("DELETE", f"/api/people/{login['person_id']}")
    return {
        "invitation": invited["invitation"].rsplit("_", 1)[1],
        "user token": login["access_token"].rsplit(".", 1)[1],
        "refresh token": login["refresh_token"],
    }


def known_faces(server: Client) -> None:
    """A face that is enrolled at once and by a job, well and badly, recognised and deleted."""
    ada = [base64_of(picture(seed, {"faces": [face(person=NEEDLE)]})) for seed in range(11)]
    for username, images in ((EMAIL, [*ada[:1], NEEDLE]), (NAME, ada[:1]), (EMAIL, [])):
        server.call("POST", "/api/faces/train", {"username": username, "images": images})
    job = server.call("POST", "/api/faces/train", {"username": EMAIL, "images": ada})
    assert job.status == 202
    while server.call("GET", job.body["status_url"]).body["status"] != "completed":
        pass
    assert server.call("POST", "/api/faces/recognize", {"image": ada[0]}).body["foundFace"] == EMAIL
    server.call("POST", "/api/faces/recognize", {"image": NEEDLE})
    # The username stands in the path, which the gateway of this machine logs.
    server.call("POST", "/api/faces/train", {"username": "ada", "images": ada[:1]})
    assert server.call("DELETE", "/api/faces/ada").status == 200


def told_of_pictures(server: Client) -> str:
    """Pictures handed over, well and badly, and two receivers that cannot be reached; the secret of one."""
    url = f"https://{NEEDLE}.invalid/{NEEDLE}?token={NEEDLE}"
    made = server.call("POST", "/api/webhooks/endpoints", {"url": url, "events": ["image.completed"]}).body
    wanted = {"request_id": NEEDLE, "callback_url": url, "image": base64_of(picture(1))}
    for refused in ({"callback_url": f"http://{NEEDLE}/"}, {"image": NEEDLE}, {"format": NEEDLE}):
        server.call("POST", "/api/image", wanted | refused)
    handed = server.call("POST", "/api/image", wanted)
    assert handed.status == 202
    for where in (made["endpoint"]["endpoint_id"], "callbacks"):
        path = f"/api/webhooks/endpoints/{where}/deliveries"
        while not any(each["attempts"] for each in server.call("GET", path).body["deliveries"]):
            pass
    server.call("POST", "/api/detect?annotate=true", {"image": NEEDLE})
    secret: str = made["secret"]
    return secret


def nonsense(server: Client, interview: Interview) -> None:
    """Requests that are refused, each with the needle where it should not be."""
    for body in ({"candidate": NAME}, {"session_id": NAME}, {"policy": {"alerts": [NEEDLE], NEEDLE: 1}}):
        server.call("POST", "/api/sessions/start", body)
    for raw in (f'{{"candidate": "{NAME}'.encode(), NAME.encode(), b"\xff" + NAME.encode()):
        server.call("POST", "/api/sessions/start", raw=raw)
        interview.browser.call("POST", f"{interview.path}/frame", raw=raw)
    for credential in (NEEDLE, f"pk_dev_{NEEDLE}", f"a.{NEEDLE}.c"):
        Client(server.url, credential).call("GET", "/api/sessions")
    server.call("GET", "/api/sessions", Authorization=f"Basic {NEEDLE}")
    server.call("GET", f"/nowhere?name={NEEDLE}")
    server.call("GET", f"/api/sessions?cursor={NEEDLE}&limit={NEEDLE}")
    server.call("GET", f"{interview.path}/alerts?cursor={NEEDLE}")
    interview.browser.call("GET", "/api/sessions/another/metrics")


def broken(cloud: Cloud, server: Client) -> None:
    """What is stored is nonsense; then pictures cannot be stored; then nothing can."""
    spoilt, other = server.start(candidate=CANDIDATE), server.start(candidate=CANDIDATE)
    dynamodb = cloud.client("dynamodb")
    index = dynamodb.scan(TableName=SESSIONS)["Items"]
    (item,) = [each for each in index if each["pk"]["S"].endswith(spoilt.session_id)]
    # It has another version, too: the process must not answer by what it remembers.
    item |= {"state": {"B": pack({"candidate": NAME})}, "version": {"N": "9"}}
    dynamodb.put_item(TableName=SESSIONS, Item=item)
    assert server.call("GET", f"{spoilt.path}/metrics").status == 500
    bucket, s3 = cloud.environment["EVIDENCE_BUCKET"], cloud.client("s3")
    for each in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=each["Key"])
    s3.delete_bucket(Bucket=bucket)
    assert other.frame(picture(1, PAGE), seq=1).status == 503
    dynamodb.delete_table(TableName=SESSIONS)
    assert other.frame(picture(2, PAGE), seq=2).status == 503


def test_nothing_that_a_caller_sent_is_in_the_log(run: Run) -> None:
    leaks = [each for each in run.log.splitlines() if NEEDLE in each.lower()]

    assert leaks == []


def test_no_key_token_or_picture_is_in_the_log(run: Run) -> None:
    assert [name for name, secret in run.secrets.items() if secret in run.log] == []


def test_every_line_says_which_request_it_belongs_to(run: Run) -> None:
    assert [each for each in run.lines if not each.get("request_id")] == []


def test_every_line_of_a_request_about_a_session_names_it_and_its_tenant(run: Run) -> None:
    about = {each["request_id"] for each in run.of("request_answered") if "{session_id}" in each["route"]}
    lines = [each for each in run.lines if each["request_id"] in about]

    assert len(lines) > len(about) > 0
    assert [each for each in lines if not (each.get("tenant_id") and each.get("session_id"))] == []


def test_every_request_that_the_service_got_ends_with_one_line(run: Run) -> None:
    answered = [each["request_id"] for each in run.of("request_answered")]
    others = {each["request_id"] for each in run.lines if "message_id" not in each}

    assert len(answered) == len(set(answered))
    assert set(answered) == others


def test_what_went_wrong_is_in_the_log(run: Run) -> None:
    told = {each["message"] for each in run.lines}
    errors = {each.get("error") for each in run.of("request_answered")}
    caught = [each["exception"] for each in run.lines if "exception" in each]

    assert {"vision_unavailable", "summary_by_rules", "alert_opened", "session_erased"} <= told
    assert {"BadInput", "Conflict", "NotFound", "Unauthorized", "UpstreamDown"} <= errors
    assert ["pydantic" in each for each in caught] == [True]


def test_a_frame_is_counted_once_however_often_it_was_sent(run: Run) -> None:
    of_s1 = [each for each in run.lines if each.get("session_id") == "s-1"]

    assert sum(each.get("FramesReceived", 0) for each in of_s1) == 6  # 1 to 4, the form's and 7
    assert sum(each.get("FramesUnanalysed", 0) for each in of_s1) == 2


def test_a_job_says_its_message_its_session_and_how_long_it_waited(run: Run) -> None:
    job = next(each for each in run.of("job_ended") if each.get("job") == "tidy_evidence")

    assert (job["job"], job["session_id"]) == ("tidy_evidence", "s-1")
    assert job["message_id"]
    assert job["QueueAge"] >= 0
