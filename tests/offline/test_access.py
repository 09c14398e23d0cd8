"""Every operation of the API's description, with every credential that is not good enough for it."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from chalicelib.domain.credentials import Scope
from chalicelib.domain.report import rfc3339
from infra.local.cloud import STAGE
from tests.offline.client import PRESENT, Answer, Client, Json, base64_of, picture
from tests.offline.conftest import Cloud
from tests.offline.people import Somebody, join, ok, somebody
from tests.unit.api.people import signed_anew

DESCRIPTION: Json = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
ABSENT = "0" * 32
FRAME = {"frame": base64_of(picture(1, PRESENT))}
BODIES: Mapping[str, Json] = {
    "post_frame": FRAME,
    "post_frames": {"frames": [FRAME]},
    "identify_candidate": {"live": FRAME["frame"]},
    "train_faces": {"username": "eve", "images": [FRAME["frame"]]},
    "recognize_face": {"image": FRAME["frame"]},
    "detect_faces": {"image": FRAME["frame"]},
    "hand_over_image": {"image": FRAME["frame"], "request_id": "r-2"},
    "upload_image": {"request_id": "r-3"},
    "create_endpoint": {"url": "https://example.com/hook", "events": ["session.ended"]},
    "assign_candidates": {"candidates": [{"email": "nobody@acme.example"}]},
    "change_accommodation": {"accommodation": {"extra_time_s": 60}},
    "submit_answers": {"answers": []},
    "rename_key": {"name": "Renamed"},
    "change_key": {"name": "Renamed"},
    "change_person": {"name": "Renamed"},
    "change_exam": {"title": "Renamed"},
}
"""What an operation on something that exists takes, where an empty object is not enough."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A line of the description."""

    name: str
    method: str
    path: str
    roles: frozenset[str]
    scope: str | None

    @property
    def ids(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def ask(self, client: Client, ids: Mapping[str, str]) -> Answer:
        body = None if self.method in {"GET", "DELETE"} else BODIES.get(self.name, {})
        return client.call(self.method, self.path.format_map(ids), body)


OPERATIONS = [
    Operation(
        said["operationId"], method.upper(), path, frozenset(said.get("x-roles", ())), said.get("x-scope")
    )
    for path, methods in DESCRIPTION["paths"].items()
    for method, said in methods.items()
]
PROTECTED = [each for each in OPERATIONS if each.roles]
ABOUT_SOMETHING = [each for each in PROTECTED if each.ids]


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@dataclass(frozen=True, slots=True)
class House:
    """A tenant with somebody in every role, and something of every kind."""

    key: Client
    people: Mapping[str, Somebody]
    browser: Client
    """With the token of the session that `ids` names."""
    ids: Mapping[str, str]

    def client(self, role: str) -> Client:
        return {"key": self.key, "session": self.browser}.get(role) or self.people[role].client


def house(cloud: Cloud, tenant: str) -> House:
    key = Client(cloud.url, cloud.new_api_key(tenant))
    people = {role: join(key, role, f"{role}@{tenant}.example") for role in ("admin", "proctor", "candidate")}
    now = time.time()
    exam = {"title": "Reasoning", "opens_at": rfc3339(now - 60), "closes_at": rfc3339(now + 3600)}
    exam_id = ok(key.call("POST", "/api/exams", exam | {"duration_s": 1800}), status=201)["exam"]["exam_id"]
    candidate = people["candidate"]
    ok(key.call("POST", f"/api/exams/{exam_id}/candidates", {"candidates": [{"email": candidate.email}]}))
    started = ok(candidate.client.call("POST", f"/api/exams/{exam_id}/start", {}))
    made = ok(key.call("POST", "/api/keys", {"name": "Another"}), status=201)
    return House(
        key=key,
        people=people,
        browser=Client(cloud.url, started["session_token"]),
        ids={
            "session_id": started["session_id"],
            "exam_id": exam_id,
            "candidate_id": candidate.person_id,
            "person_id": candidate.person_id,
            "key_id": made["key"]["key_id"],
            **faces_of(key, tenant),
            **webhooks_of(key),
        },
    )


def faces_of(key: Client, tenant: str) -> dict[str, str]:
    """A username whose face is known, and the job that made it so."""
    username = f"ada@{tenant}.example"
    images = [base64_of(picture(seed, PRESENT)) for seed in range(11)]
    ok(key.call("POST", "/api/faces/train", {"username": username, "images": images[:1]}))
    job = ok(key.call("POST", "/api/faces/train", {"username": username, "images": images}), status=202)
    return {"username": username, "job_id": job["job_id"]}


def webhooks_of(key: Client) -> dict[str, str]:
    """A picture that was looked at, and what an endpoint was told of it."""
    url = "https://nobody.invalid/hook"
    wanted = {"url": url, "events": ["image.completed"]}
    made = ok(key.call("POST", "/api/webhooks/endpoints", wanted), status=201)
    endpoint_id = made["endpoint"]["endpoint_id"]
    sent = {"image": base64_of(picture(1, PRESENT)), "request_id": "r-1"}
    handed = ok(key.call("POST", "/api/image", sent), status=202)
    while not (
        told := ok(key.call("GET", f"/api/webhooks/endpoints/{endpoint_id}/deliveries"))["deliveries"]
    ):
        time.sleep(0.1)
    return {
        "image_id": handed["image_id"],
        "endpoint_id": endpoint_id,
        "message_id": told[0]["message_id"],
    }


@pytest.fixture(scope="module")
def ours(cloud: Cloud) -> House:
    return house(cloud, "ours")


@pytest.fixture(scope="module")
def theirs(cloud: Cloud) -> House:
    return house(cloud, "theirs")


@pytest.fixture(scope="module")
def worthless(cloud: Cloud, ours: House) -> Mapping[str, str]:
    """Credentials that are none, or none any more."""
    gone, out = (join(ours.key, "admin", f"{who}@ours.example") for who in ("gone", "out"))
    ok(ours.key.call("DELETE", f"/api/people/{gone.person_id}"))
    before = somebody(ours.key, out.email)
    ok(out.client.call("POST", "/api/logout"))
    revoked, expired = (
        ok(ours.key.call("POST", "/api/keys", {"name": why}), status=201) for why in ("revoked", "expired")
    )
    ok(ours.key.call("DELETE", f"/api/keys/{revoked['key']['key_id']}"))
    cloud.client("dynamodb").update_item(
        TableName=f"proctoring-{STAGE}-tenants",
        Key={"pk": {"S": f"key#{expired['key']['key_id']}"}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
    )
    admin = ours.people["admin"].client.credential
    return {
        "none": "",
        "no token": "a.b.c",
        "key that is mistyped": ours.key.credential[:-1],
        "key that was revoked": revoked["secret"],
        "key that expired": expired["secret"],
        "session token that expired": session_token(cloud, ours.browser.credential, exp=1_000_000_000),
        "session token of another's making": session_token(cloud, ours.browser.credential, key="x" * 64),
        "user token that expired": signed_anew(admin, exp=1_000_000_000),
        "user token of another client": signed_anew(admin, client_id="another"),
        "user token that is no access token": signed_anew(admin, token_use="id"),
        "user token from before a log-out": before.client.credential,
        "user token of who was removed": gone.client.credential,
    }


def session_token(cloud: Cloud, like: str, key: str = "", **claims: object) -> str:
    """A session token like this one, with other claims or another signature."""
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=f"proctoring-{STAGE}")
    signing_key = key or json.loads(secret["SecretString"])["session_token_key"]
    known = jwt.decode(like, options={"verify_signature": False})
    return jwt.encode(known | claims, signing_key, algorithm="HS256")


def test_the_service_describes_what_is_walked_here(cloud: Cloud) -> None:
    assert Client(cloud.url, "").call("GET", "/api/openapi.json").body == DESCRIPTION


@pytest.mark.parametrize("operation", PROTECTED, ids=name)
def test_a_worthless_credential_is_401(
    ours: House, worthless: Mapping[str, str], operation: Operation
) -> None:
    answers = {
        why: operation.ask(Client(ours.key.url, credential), ours.ids)
        for why, credential in worthless.items()
    }

    assert {why: each.status for why, each in answers.items()} == dict.fromkeys(worthless, 401)
    assert {each.headers.get("WWW-Authenticate") for each in answers.values()} == {"Bearer"}


@pytest.mark.parametrize("operation", PROTECTED, ids=name)
def test_a_role_that_has_no_right_is_403_whether_there_is_such_a_thing_or_not(
    ours: House, operation: Operation
) -> None:
    without = {"key", "session", "candidate", "proctor", "admin"} - operation.roles
    nothing = dict.fromkeys(ours.ids, ABSENT) | {"session_id": ours.ids["session_id"]}

    statuses = {
        role: {operation.ask(ours.client(role), ids).status for ids in (ours.ids, nothing)}
        for role in without
    }

    assert statuses == {role: {403} for role in without}


@pytest.fixture(scope="module")
def narrow(ours: House) -> Mapping[str, Client]:
    """By scope: a key that has every other one."""
    return {
        scope: Client(
            ours.key.url,
            ok(
                ours.key.call("POST", "/api/keys", {"name": scope, "scopes": sorted({*Scope} - {scope})}),
                status=201,
            )["secret"],
        )
        for scope in Scope
    }


@pytest.mark.parametrize("operation", [each for each in PROTECTED if each.scope], ids=name)
def test_a_key_without_the_scope_is_403(
    ours: House, narrow: Mapping[str, Client], operation: Operation
) -> None:
    assert operation.scope is not None
    answer = operation.ask(narrow[operation.scope], ours.ids)

    assert (answer.status, operation.scope in answer.body["detail"]) == (403, True)


def alike(ids: Mapping[str, str], theirs: Answer, absent: Answer) -> bool:
    """Whether both answers are the same 404, but for the ids that the caller sent."""
    said = json.dumps(theirs.body)
    for each in ids.values():
        said = said.replace(each, ABSENT)
    return theirs.status == absent.status == 404 and json.loads(said) == absent.body


@pytest.mark.parametrize("operation", ABOUT_SOMETHING, ids=name)
def test_what_is_another_tenants_is_404_as_if_there_were_none(
    ours: House, theirs: House, operation: Operation
) -> None:
    nothing = dict.fromkeys(ours.ids, ABSENT)

    found = {
        role: alike(
            theirs.ids,
            operation.ask(ours.client(role), theirs.ids),
            operation.ask(ours.client(role), nothing),
        )
        for role in operation.roles
    }

    assert found == dict.fromkeys(operation.roles, True)


@pytest.mark.parametrize("operation", [each for each in ABOUT_SOMETHING if len(each.ids) > 1], ids=name)
def test_another_tenants_part_of_something_of_ours_is_404_as_if_there_were_none(
    ours: House, theirs: House, operation: Operation
) -> None:
    part = operation.ids[-1]

    found = {
        role: alike(
            {part: theirs.ids[part]},
            operation.ask(ours.client(role), {**ours.ids, part: theirs.ids[part]}),
            operation.ask(ours.client(role), {**ours.ids, part: ABSENT}),
        )
        for role in operation.roles
    }

    assert found == dict.fromkeys(operation.roles, True)


@pytest.fixture(scope="module")
def neighbour(ours: House) -> Mapping[str, Client]:
    """By role: somebody of the same tenant, with another session, and without the exam."""
    started = ok(ours.key.call("POST", "/api/sessions/start", {}))
    return {
        "session": Client(ours.key.url, started["session_token"]),
        "candidate": join(ours.key, "candidate").client,
    }


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        pytest.param(each, role, id=f"{role} {name(each)}")
        for each in ABOUT_SOMETHING
        for role in sorted(each.roles & {"session", "candidate"})
    ],
)
def test_what_is_another_candidates_is_404_as_if_there_were_none(
    ours: House, neighbour: Mapping[str, Client], operation: Operation, role: str
) -> None:
    nothing = dict.fromkeys(ours.ids, ABSENT)

    assert alike(ours.ids, operation.ask(neighbour[role], ours.ids), operation.ask(neighbour[role], nothing))


@pytest.mark.parametrize("path", ["/submit", "/api/upload-frame", "/upload-frame"])
@pytest.mark.parametrize("role", ["session", "candidate"])
def test_an_exam_in_a_body_is_404_as_one_in_a_path(
    ours: House, theirs: House, neighbour: Mapping[str, Client], path: str, role: str
) -> None:
    def said(client: Client, exam_id: str) -> tuple[int, str]:
        answer = client.call("POST", path, {"exam_id": exam_id, "answers": [], **FRAME})
        return answer.status, answer.body["detail"]

    absent = said(ours.client(role), ABSENT)

    assert absent[0] == 404
    assert said(ours.client(role), theirs.ids["exam_id"]) == absent
    assert said(neighbour[role], ours.ids["exam_id"]) == absent


@pytest.mark.parametrize(
    "operation", [each for each in PROTECTED if each.method == "GET" and not each.ids], ids=name
)
def test_no_list_tells_of_another_tenant(ours: House, theirs: House, operation: Operation) -> None:
    told = {role: json.dumps(operation.ask(ours.client(role), {}).body) for role in operation.roles}

    assert {
        role: each for role, each in told.items() if any(one in each for one in theirs.ids.values())
    } == {}
