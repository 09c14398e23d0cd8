"""Each function is granted what it uses, and nothing else.

The offline cloud lets a function do what its policy allows; here each does all that it can do, and whatever
was granted beyond that is found. One process runs them all, and what one has read of the keys and the queue
the others know: so each gets a cloud in which it is the first.
"""

import json
import re
import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

import app
from chalicelib.api.endpoint import OPERATIONS
from chalicelib.aws.attempts import Attempts
from chalicelib.aws.deliveries import Deliveries
from chalicelib.aws.endpoints import Endpoints
from chalicelib.aws.enrolment_jobs import EnrolmentJobs
from chalicelib.aws.enrolments import Enrolments
from chalicelib.aws.image_jobs import ImageJobs
from chalicelib.aws.job_pictures import JobPictures
from chalicelib.aws.keys import Keys
from chalicelib.aws.sessions import Sessions
from chalicelib.aws.tenants import Tenants
from chalicelib.aws.uploads import Uploads
from chalicelib.domain import reducer
from chalicelib.domain.attempts import Attempt
from chalicelib.domain.enrolment import Enrolment
from chalicelib.domain.enrolment_jobs import EnrolmentJob
from chalicelib.domain.image_jobs import ImageJob
from chalicelib.domain.model import AttemptOf, FrameRecord, Memory, Session
from chalicelib.domain.queued import JobStatus
from chalicelib.domain.report import rfc3339
from chalicelib.domain.seen import Findings
from chalicelib.domain.tenants import Limits
from chalicelib.domain.webhooks import CALLBACKS, Endpoint, EventType, new_secret
from chalicelib.vision.rekognition.collection import FaceCollections
from chalicelib.workers.jobs import JOBS
from infra.deploy.project import POLICIES
from infra.local.cloud import ACCOUNT, REGION, STAGE
from infra.local.cognito import CODE
from infra.local.iam import Account, Permission, read_policies
from infra.local.rekognition.staged import face
from infra.local.roles import Asked, read_asked
from infra.local.schedule import scheduled_event
from tests import observations as show
from tests.offline.client import NOBODY, PRESENT, TWO, Answer, Client, base64_of, picture
from tests.offline.conftest import Cloud

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

HERE = Account(REGION, ACCOUNT)
TENANT, LEFT = "acme", "left"
FORGOTTEN = "forgotten"
AGO_S = 13 * 3600.0
PASSWORD = "Correct1horse"
JOBS_QUEUE = f"proctoring-{STAGE}-jobs"


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud in which no function has run yet."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TENANT_CALLS_PER_HOUR", "100000")
        environment.setenv("REKOGNITION_TPS", "10000")
        with Cloud(logs=tmp_path) as cloud:
            yield cloud


def done_by_lambda(name: str) -> set[Permission]:
    """What Lambda itself does in the role of every function: it writes its log, and its traces."""
    log = HERE.arn("logs", f"log-group:/aws/lambda/{name}:*")
    return {
        *(Permission(action, log) for action in ("logs:CreateLogStream", "logs:PutLogEvents")),
        *(Permission(action, "*") for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments")),
    }


TAKING_JOBS = {
    Permission(f"sqs:{action}", HERE.arn("sqs", JOBS_QUEUE))
    for action in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
}
"""What it does in the role of a function that it feeds from the queue."""


def refused(cloud: Cloud) -> list[Asked]:
    return [each for each in read_asked(cloud.asked) if not each.allowed]


def granted_and_unused(cloud: Cloud, function: str) -> set[Permission]:
    assert refused(cloud) == []
    asked = read_asked(cloud.asked)
    used = {Permission(each.action, each.resource) for each in asked if each.function == function}
    outputs = {"UserPool": cloud.environment["USER_POOL_ID"]}
    return set(read_policies(POLICIES, STAGE, HERE, outputs)[function].permissions) - used


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the API with its tenant's key, and takes down which operations it called."""

    client: Client
    called: set[tuple[str, str]] = field(default_factory=set)

    def call(
        self, method: str, path: str, body: object = None, *, status: int = 200, **headers: str
    ) -> Answer:
        answer = self.client.call(method, path, body, None, **headers)
        assert answer.status == status, answer.body
        self.called.update(
            (each.method, each.path)
            for each in OPERATIONS
            if each.method == method
            and re.fullmatch(re.sub(r"{\w+}", "[^/]+", each.path), path.partition("?")[0])
        )
        return answer

    def start(self, keep: str, **policy: object) -> str:
        """The path of a new session."""
        started = self.call("POST", "/api/sessions/start", {"policy": {"keep_frames": keep, **policy}})
        return f"/api/sessions/{started.body['session_id']}"

    def as_invited(self, invitation: str, email: str) -> "Caller":
        """The invited person, who registers and logs in."""
        self.call(
            "POST", "/register", {"invitation": invitation, "email": email, "password": PASSWORD}, status=201
        )
        self.call("POST", "/api/confirm", {"email": email, "code": CODE})
        token = self.call("POST", "/login", {"email": email, "password": PASSWORD}).body["access_token"]
        return replace(self, client=replace(self.client, credential=token))

    def frame(self, path: str, seq: int, shows: object) -> Answer:
        encoded = base64_of(picture(seq, shows))  # type: ignore[arg-type]
        return self.call("POST", f"{path}/frame", {"frame": encoded, "seq": seq})


def play_the_tenant(caller: Caller) -> None:
    """Every operation on the tenant and its keys."""
    caller.call("PATCH", "/api/tenant", {"name": "Acme Careers", "policy": {}})
    caller.call("GET", "/api/tenant")
    for status in (201, 409):
        made = caller.call("POST", "/api/keys", {"name": "A"}, status=status, Idempotency_Key="k-1")
    path = f"/api/keys/{made.body['detail'].partition('pk_')[2].split()[0].split('_')[1]}"
    caller.call("PATCH", path, {"name": "B"})
    rotated = caller.call("POST", f"{path}/rotate", {"grace_s": 60}, status=201).body["key"]["key_id"]
    first = caller.call("GET", "/api/keys?limit=1").body
    caller.call("GET", f"/api/keys?limit=1&cursor={first['next_cursor']}")
    caller.call("DELETE", f"/api/keys/{rotated}")


def play_the_people(caller: Caller) -> None:
    """Every operation of people, and on them."""
    email, password = "ada@example.com", "Correct1horse"
    for _ in range(2):
        invited = caller.call("POST", "/api/people", {"email": email, "role": "candidate"}, status=201).body
    wanted = {"invitation": invited["invitation"], "email": email, "password": password}
    for path, status in (("/api/register", 201), ("/register", 409)):
        caller.call("POST", path, wanted, status=status)
    for status in (409, 200):
        for path in ("/api/login", "/login"):
            login = caller.call("POST", path, {"email": email, "password": password}, status=status).body
        if status != 200:
            caller.call("POST", "/api/confirm", {"email": email, "code": CODE})
    path, token = f"/api/people/{login['person_id']}", f"Bearer {login['access_token']}"
    caller.call("PATCH", path, {"role": "proctor"})
    for page in ("?limit=1", "?role=proctor"):
        caller.call("GET", f"/api/people{page}")
    caller.call("GET", "/api/me", Authorization=token)
    caller.call("POST", "/api/refresh", {"refresh_token": login["refresh_token"]})
    caller.call("POST", "/api/logout", Authorization=token)
    caller.call("POST", "/api/password/forgot", {"email": email}, status=202)
    caller.call("POST", "/api/password/reset", {"email": email, "code": CODE, "password": password})
    caller.call("DELETE", path)


def play_the_api(caller: Caller) -> None:
    """Every operation, on every kind of session."""
    play_the_tenant(caller)
    play_the_people(caller)
    for path in ("/health", "/health?deep=true", "/api/openapi.json", "/api/docs"):
        caller.call("GET", path)
    for _ in range(2):
        caller.call("POST", "/api/sessions/start", {}, Idempotency_Key="a-1")
    for keep in ("all", "evidence", "none"):
        watch_and_end(caller, caller.start(keep))
    ask_for_presence(caller, caller.start("evidence", liveness="rekognition"))
    play_an_identity(caller)
    erased_while_active = caller.start("all")
    caller.frame(erased_while_active, 1, TWO)
    caller.call("DELETE", erased_while_active)
    caller.call("GET", f"{erased_while_active}/metrics", status=404)
    caller.start("none")
    play_an_exam(caller)
    first = caller.call("GET", "/api/sessions?limit=1").body
    caller.call("GET", f"/api/sessions?limit=1&cursor={first['next_cursor']}")
    for path in ("/alerts", "/api/alerts?exam_id=e-1", "/api/alerts?candidate_id=c-1"):
        caller.call("GET", path)
    play_the_faces(caller)
    play_the_pictures(caller)


def play_the_pictures(caller: Caller) -> None:
    """A picture looked at once, another one by the queue, and an endpoint that is told of it."""
    sent = base64_of(picture(1, PRESENT))
    for options in ("", "?annotate=true", "?engine=opencv", "?landmarks=all"):
        caller.call("POST", f"/api/detect{options}", {"image": sent})
    endpoints, wanted = (
        "/api/webhooks/endpoints",
        {"url": "https://a.invalid/", "events": ["image.completed"]},
    )
    made = caller.call("POST", endpoints, wanted, status=201).body["endpoint"]["endpoint_id"]
    asked = {"request_id": "r-1", "callback_url": "https://b.invalid/"}
    for _ in range(2):
        told = caller.call("POST", "/api/image", {"image": sent, **asked}, status=202).body
    while caller.call("GET", told["status_url"]).body["status"] in {"queued", "running"}:
        pass
    caller.call("GET", f"/api/image?image_id={told['image_id']}", Accept="image/jpeg")
    caller.call("POST", "/api/image/upload", {"request_id": "r-2"}, status=201)
    caller.call("GET", endpoints)
    path = f"{endpoints}/{made}"
    for method, tail in (("GET", ""), ("GET", "/secret"), ("GET", "/deliveries"), ("POST", "/rotate")):
        caller.call(method, path + tail, None if method == "GET" else {})
    (sent_to,) = caller.call("GET", f"{path}/deliveries").body["deliveries"]
    caller.call("GET", f"{path}/deliveries/{sent_to['message_id']}")
    caller.call("POST", f"{path}/deliveries/{sent_to['message_id']}/redeliver", {}, status=202)
    caller.call("PATCH", path, {"disabled": True})
    caller.call("DELETE", path)
    caller.call("DELETE", told["status_url"])


def play_the_faces(caller: Caller) -> None:
    """A face that is enrolled, at once and through the queue, recognised and deleted."""
    ada = [base64_of(picture(seed, {"faces": [face(person="ada")]})) for seed in range(12)]
    for _ in range(2):
        caller.call("POST", "/api/faces/train", {"username": "ada", "images": ada[:1]})
    job = caller.call("POST", "/api/faces/train", {"username": "ada", "images": ada}, status=202).body
    while (told := caller.call("GET", job["status_url"]).body)["status"] in {"queued", "running"}:
        pass
    assert told["accepted"] == 12, told
    found = caller.call("POST", "/api/faces/recognize", {"image": ada[-1]}).body
    assert found["foundFace"] == "ada"
    caller.call("GET", "/api/faces?limit=1")
    caller.call("DELETE", "/api/faces/ada")


def ask_for_presence(caller: Caller, path: str) -> None:
    for kind in ("rekognition", "movements"):
        caller.call("POST", f"{path}/challenge", {"kind": kind})
        caller.call("GET", f"{path}/challenge")


def play_an_identity(caller: Caller) -> None:
    """Who a candidate is meant to be: by a picture, a document and a name, and frames held against each."""
    path, ada = (
        caller.start("none"),
        [base64_of(picture(n, {"faces": [face(person="ada")]})) for n in (1, 2, 3)],
    )
    caller.call("POST", "/api/faces/train", {"username": "ada", "images": ada[:1]})
    for seq, given in enumerate(
        ({"reference": ada[0]}, {"document": ada[1], "live": ada[2]}, {"username": "ada", "live": ada[1]}), 1
    ):
        assert caller.call("POST", f"{path}/identity", given).body["accepted"], given
        caller.frame(path, seq, {"faces": [face(person="ada")]})
    caller.call("DELETE", path)
    caller.call("DELETE", "/api/faces/ada")


def watch_and_end(caller: Caller, path: str) -> None:
    # The alert of nobody's frames is void when the late one shows somebody.
    for seq, shows in ((1, NOBODY), (2, NOBODY), (4, NOBODY), (3, PRESENT), (5, TWO), (5, TWO)):
        caller.frame(path, seq, shows)
    batch = [{"frame": base64_of(picture(seq, PRESENT)), "seq": seq} for seq in range(40, 60)]
    caller.call("POST", f"{path}/frames", {"frames": batch})
    for seq in (100, 6):  # so late that all is replayed at the end
        caller.frame(path, seq, PRESENT)
    caller.call("GET", f"{path}/report", status=409)
    for what in ("metrics", "alerts", "emotions"):
        caller.call("GET", f"{path}/{what}")
    for _ in range(2):
        caller.call("POST", f"{path}/end", {})
    report = caller.call("GET", f"{path}/report").body["report"]
    with urllib.request.urlopen(report["alerts"][0]["evidence"][0]["url"]) as evidence:
        assert evidence.read()
    caller.call("POST", f"{path}/frame", {"frame": "", "seq": 101}, status=409)
    caller.call("DELETE", path)


def play_an_exam(caller: Caller) -> None:
    """An exam of two candidates, of whom one takes it."""
    now = time.time()
    times = {"opens_at": rfc3339(now - 9), "closes_at": rfc3339(now + 600), "duration_s": 600}
    for _ in range(2):
        asked = {"title": "Algebra", **times}
        exam = caller.call("POST", "/api/exams", asked, status=201, Idempotency_Key="e-1").body["exam"]
    path = f"/api/exams/{exam['exam_id']}"
    caller.call("PATCH", path, {"title": "Geometry", "questions": [1]})
    caller.call("GET", path)
    caller.call("GET", "/api/exams?limit=1")
    wanted = {"candidates": [{"email": f"{name}@example.com"} for name in ("ann", "bob")]}
    ann, bob = caller.call("POST", f"{path}/candidates", wanted).body["candidates"]
    caller.call("POST", f"{path}/candidates", wanted)
    caller.call("GET", f"{path}/candidates?limit=1")
    caller.call("PUT", f"{path}/candidates/{bob['candidate_id']}", {"accommodation": {"extra_time_s": 9}})
    caller.call("DELETE", f"{path}/candidates/{bob['candidate_id']}")
    take_the_exam(caller.as_invited(ann["invitation"], "ann@example.com"), exam["exam_id"])
    caller.call("GET", f"{path}/results")
    caller.call("GET", f"{path}/results/{ann['candidate_id']}")
    caller.call("POST", f"{path}/close")


def take_the_exam(candidate: Caller, exam_id: str) -> None:
    path = f"/api/exams/{exam_id}"
    candidate.call("GET", "/api/exams")
    candidate.call("GET", path)
    for _ in range(2):
        candidate.call("POST", f"{path}/start", {})
    for seq, where in enumerate(("/upload-frame", "/api/upload-frame"), start=1):
        frame = base64_of(picture(seq, PRESENT))
        candidate.call("POST", where, {"exam_id": exam_id, "frame": frame, "seq": seq})
    candidate.call("POST", "/submit", {"exam_id": exam_id, "answers": {}, "final": False})
    candidate.call("POST", f"{path}/submit", {"answers": {"1": "b"}})


def test_the_api_is_granted_what_it_uses(own_cloud: Cloud) -> None:
    caller = Caller(Client(own_cloud.url, own_cloud.api_key))
    limit(own_cloud, Limits(requests_per_minute=100_000, sessions_per_day=1_000, usd_per_hour=100.0))

    play_the_api(caller)

    assert app.app.routes
    assert caller.called == {(each.method, each.path) for each in OPERATIONS}
    assert granted_and_unused(own_cloud, "api_handler") == done_by_lambda("proctoring-dev")


def limit(cloud: Cloud, limits: Limits) -> None:
    """Let the cloud's tenant be counted, as `make limits` does."""
    client, table = cloud.client("dynamodb"), f"proctoring-{STAGE}-tenants"
    key = Keys(client, table).key(cloud.api_key.split("_")[2])
    assert key is not None
    Tenants(client, table).limit(key.tenant_id, limits)


def left_behind(cloud: Cloud) -> Sessions:
    """A store with a session that began too long ago, and of which a picture is kept that no alert cites."""
    client = cloud.client("dynamodb")
    Tenants(client, f"proctoring-{STAGE}-tenants").create(TENANT, "Acme Hiring", "now")
    sessions = Sessions(client, f"proctoring-{STAGE}-sessions", retention_s=1e6)
    exams = Attempts(client, f"proctoring-{STAGE}-exams", retention_s=1e6)
    exams.create(Attempt(TENANT, "e-1", "c-1", "ann@example.com", "", LEFT, time.time() - AGO_S))
    session = Session(TENANT, LEFT, round(time.time() - AGO_S, 3), attempt=AttemptOf("e-1", "c-1"))
    sessions.create(session, None)
    rooms = [show.empty_room(seq) for seq in range(1, 5)]
    stepped, alerts = reducer.step(session, *rooms)
    watched = replace(stepped, watch=replace(stepped.watch, memory=1))
    sessions.save(
        watched, [FrameRecord(each) for each in rooms], alerts, Memory(Findings(faces=()), b"pixels")
    )
    assert alerts
    keep(cloud, f"{TENANT}/{LEFT}/uncited")
    return sessions


def faces_left_behind(cloud: Cloud) -> tuple[Callable[[], bool], Callable[[], bool]]:
    """A job of a tenant, and a vector that the registry does not know: whether each is done with."""
    database, sqs, table = cloud.client("dynamodb"), cloud.client("sqs"), f"proctoring-{STAGE}-faces"
    jobs, enrolments = EnrolmentJobs(database, table), Enrolments(database, table)
    bucket = cloud.environment["EVIDENCE_BUCKET"]
    ada = [picture(seed, {"faces": [face(person="ada")]}) for seed in (1, 2)]
    Uploads(cloud.client("s3"), bucket).put(TENANT, "j-1", ada)
    enrolments.save(replace(Enrolment(TENANT, "ada"), awaited=True))
    jobs.save(EnrolmentJob(TENANT, "j-1", "ada", total=2, created_at=time.time(), names=("", "")))
    gone = Enrolment(FORGOTTEN, "bob", generation=1)
    enrolments.save(gone)
    known_faces = FaceCollections(rekognition(cloud), f"proctoring-{STAGE}-")
    known_faces.add(FORGOTTEN, gone.owner, ada[0])
    queue = sqs.get_queue_url(QueueName=JOBS_QUEUE)["QueueUrl"]
    for message in (
        {"job": "enrol_faces", "tenant_id": TENANT, "job_id": "j-1"},
        {"job": "sweep_faces", "tenant_id": FORGOTTEN},
    ):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))

    def enrolled() -> bool:
        job = jobs.load(TENANT, "j-1")
        return job is not None and job.accepted == 2 and not is_kept(cloud, f"enrolments/{TENANT}/j-1")

    return enrolled, lambda: not list(known_faces.all(FORGOTTEN))


def pictures_left_behind(cloud: Cloud) -> tuple[Callable[[], bool], Callable[[], bool]]:
    """Pictures that were handed over and uploaded, and an endpoint: whether all is told, and tried."""
    database, s3, bucket = cloud.client("dynamodb"), cloud.client("s3"), cloud.environment["EVIDENCE_BUCKET"]
    endpoints = Endpoints(database, f"proctoring-{STAGE}-webhooks")
    deliveries = Deliveries(database, f"proctoring-{STAGE}-webhooks")
    store = ImageJobs(database, f"proctoring-{STAGE}-images")
    endpoints.save(
        Endpoint(
            TENANT, "w-1", "https://a.invalid/", 0.0, (new_secret(secrets.token_bytes),), frozenset(EventType)
        )
    )
    job = ImageJob(TENANT, "0" * 32, "r-1", time.time(), keep_days=1, fingerprint="")
    store.save(replace(job, callback_url="https://b.invalid/"))
    awaited = store.save(replace(job, image_id="1" * 32, by_upload=True))
    JobPictures(s3, bucket, link_s=60).put(TENANT, job.waits_as, picture(1, PRESENT), "image/jpeg")
    # No picture at all: S3 tells the queue nevertheless.
    keep(cloud, f"uploads/{TENANT}/{awaited.waits_as}")
    sqs = cloud.client("sqs")
    queue = sqs.get_queue_url(QueueName=JOBS_QUEUE)["QueueUrl"]
    message = {"job": "detect_image", "tenant_id": TENANT, "image_id": job.image_id}
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))

    def looked_at() -> bool:
        done = [store.load(TENANT, each) for each in ("0" * 32, "1" * 32)]
        return [each and each.status for each in done] == [JobStatus.COMPLETED, JobStatus.FAILED]

    def told() -> bool:
        sent = deliveries.page(TENANT, "w-1", 100, None).items
        called = deliveries.page(TENANT, CALLBACKS, 100, None).items
        types = {each.type for each in sent if each.attempts}
        return {"image.completed", "image.failed", "session.ended"} <= types and bool(
            called and called[0].attempts
        )

    return looked_at, told


def rekognition(cloud: Cloud) -> "RekognitionClient":
    return boto3.client(
        "rekognition",
        endpoint_url=cloud.rekognition_url,
        region_name=REGION,
        aws_access_key_id="offline",
        aws_secret_access_key="offline",
    )


def keep(cloud: Cloud, key: str) -> None:
    cloud.client("s3").put_object(Bucket=cloud.environment["EVIDENCE_BUCKET"], Key=key, Body=b"picture")


def is_kept(cloud: Cloud, key: str) -> bool:
    listed = cloud.client("s3").list_objects_v2(Bucket=cloud.environment["EVIDENCE_BUCKET"], Prefix=key)
    return listed["KeyCount"] > 0


def test_the_worker_is_granted_what_it_uses(own_cloud: Cloud) -> None:
    sessions, sqs = left_behind(own_cloud), own_cloud.client("sqs")
    keep(own_cloud, f"{TENANT}/erased/late")
    enrolled, lost = faces_left_behind(own_cloud)
    looked_at, told = pictures_left_behind(own_cloud)
    queue = sqs.get_queue_url(QueueName=JOBS_QUEUE)["QueueUrl"]
    for job, session_id in (("end_session", LEFT), ("sweep_pictures", "erased")):
        message = {"job": job, "tenant_id": TENANT, "session_id": session_id}
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))

    done: dict[str, Callable[[], bool]] = {
        "end_session": lambda: sessions.report(TENANT, LEFT) is not None,
        "tidy_evidence": lambda: not is_kept(own_cloud, f"{TENANT}/{LEFT}/uncited"),
        "sweep_pictures": lambda: not is_kept(own_cloud, f"{TENANT}/erased/late"),
        "enrol_faces": enrolled,
        "sweep_faces": lost,
        "detect_image": looked_at,
        "tell_of_session": told,
        "deliver": told,
    }
    while not refused(own_cloud) and not all(is_done() for is_done in done.values()):
        pass

    assert done.keys() == JOBS.keys()
    assert granted_and_unused(own_cloud, "run_job") == (
        done_by_lambda("proctoring-dev-run_job") | TAKING_JOBS
    )


def test_the_schedule_is_granted_what_it_uses(own_cloud: Cloud) -> None:
    left_behind(own_cloud)

    path = "/2015-03-31/functions/proctoring-dev-close_abandoned/invocations"
    ran = Client(own_cloud.url, "").call("POST", path, scheduled_event())

    assert (ran.status, "X-Amz-Function-Error" in ran.headers) == (200, False)
    assert granted_and_unused(own_cloud, "close_abandoned") == done_by_lambda(
        "proctoring-dev-close_abandoned"
    )


def test_what_is_not_granted_is_refused(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    for policy in POLICIES.glob("*.json"):
        text = policy.read_text().replace("dynamodb:BatchGetItem", "dynamodb:DescribeTable")
        (policies / policy.name).write_text(text)
    with Cloud(logs=tmp_path, policies=policies) as cloud:
        client = Client(cloud.url, cloud.api_key)
        client.start()
        listed = client.call("GET", "/api/sessions")
        denied = refused(cloud)

    assert (listed.status, "ClientError" in listed.body["detail"]) == (503, True)
    assert [(each.function, each.action) for each in denied] == [("api_handler", "dynamodb:BatchGetItem")]
