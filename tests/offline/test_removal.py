"""A tenant's removal by the operator's command, over the whole stack: of two, one is gone and one has all."""

import re
import subprocess
import sys
from dataclasses import dataclass

from infra.local.program import ROOT
from infra.local.rekognition.script import Script
from infra.local.rekognition.staged import face
from tests.offline.client import Client, base64_of, picture
from tests.offline.conftest import Cloud
from tests.offline.people import Somebody, join, log_in, ok

EXAM = {
    "title": "Algebra",
    "opens_at": "2026-01-01T00:00:00Z",
    "closes_at": "2099-01-01T00:00:00Z",
    "duration_s": 3600,
}


ADA: Script = {"faces": [face(person="ada")]}


@dataclass(frozen=True, slots=True)
class Tenant:
    """One who has some of everything."""

    tenant_id: str
    server: Client
    proctor: Somebody
    session_id: str
    exam_id: str


def furnished(cloud: Cloud, name: str) -> Tenant:
    server = Client(cloud.url, cloud.new_api_key(name))
    session = server.start()
    ok(session.frame(picture(1)))
    exam_id = ok(server.call("POST", "/api/exams", EXAM), status=201)["exam"]["exam_id"]
    candidate = {"candidates": [{"email": "ada@example.com"}]}
    ok(server.call("POST", f"/api/exams/{exam_id}/candidates", candidate))
    enrolled = {"username": "ada", "images": [base64_of(picture(1, ADA))]}
    ok(server.call("POST", "/api/faces/train", enrolled))
    hook = {"url": "https://nobody.invalid/", "events": ["session.ended"]}
    ok(server.call("POST", "/api/webhooks/endpoints", hook), status=201)
    image = {"request_id": "r-1", "image": enrolled["images"][0]}
    handed = ok(server.call("POST", "/api/image", image), status=202)
    while ok(server.call("GET", handed["status_url"]))["status"] != "completed":
        pass
    tenant_id = ok(server.call("GET", "/api/tenant"))["tenant_id"]
    return Tenant(tenant_id, server, join(server, "proctor"), session.session_id, exam_id)


def left_of(cloud: Cloud, tenant: Tenant) -> list[str]:
    """The keys of what is stored about the tenant, in tables and bucket."""
    found: list[str] = []
    dynamodb = cloud.client("dynamodb")
    for table in ("sessions", "tenants", "exams", "faces", "images", "webhooks"):
        pages = dynamodb.get_paginator("scan").paginate(TableName=f"proctoring-dev-{table}")
        items = [item for page in pages for item in page["Items"]]
        found += [str(item["pk"]["S"]) for item in items if tenant.tenant_id in str(item)]
    bucket = cloud.environment["EVIDENCE_BUCKET"]
    listed = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [each["Key"] for page in listed for each in page.get("Contents", [])]
    return found + [key for key in keys if tenant.tenant_id in key.split("/")]


def recognised(tenant: Tenant) -> str | None:
    image = base64_of(picture(2, ADA))
    known: str | None = ok(tenant.server.call("POST", "/api/faces/recognize", {"image": image}))["foundFace"]
    return known


def remove(cloud: Cloud, tenant: Tenant) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.removal", tenant.tenant_id],
        cwd=ROOT,
        # What only a deployment knows, the command reads of the stack.
        env={
            name: each
            for name, each in cloud.environment.items()
            if "POOL" not in name and "BUCKET" not in name
        },
        input="Gone Hiring\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_removed_tenant_leaves_nothing_and_nobody_who_gets_in(cloud: Cloud) -> None:
    gone, stays = furnished(cloud, "Gone Hiring"), furnished(cloud, "Other Hiring")
    before = left_of(cloud, stays)

    done = remove(cloud, gone)

    assert done.returncode == 0, done.stderr
    assert re.search(
        r"Removed: 1 keys, 2 people, 1 sessions, 1 exams, 1 attempts, 1 face records, 1 images, "
        r"1 webhook records\.",
        done.stdout,
    )
    assert left_of(cloud, gone) == []
    assert recognised(stays) == "ada"
    assert [
        gone.server.call("GET", "/api/tenant").status,
        gone.proctor.client.call("GET", "/api/alerts").status,
    ] == [
        401,
        401,
    ]
    assert log_in(stays.server, gone.proctor.email).status == 401
    assert sorted(left_of(cloud, stays)) == sorted(before)
    assert stays.server.call("GET", f"/api/sessions/{stays.session_id}/metrics").status == 200
    assert stays.proctor.client.call("GET", f"/api/exams/{stays.exam_id}").status == 200
    assert log_in(stays.server, stays.proctor.email).status == 200
    assert remove(cloud, gone).returncode == 1
