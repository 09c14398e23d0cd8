"""A day of a tenant: its people, an exam, three candidates, and what the proctor sees of them."""

import re
import subprocess
import sys
import time
from collections.abc import Mapping

from chalicelib.domain.report import rfc3339
from infra.local.program import ROOT
from tests.offline.client import NOBODY, PRESENT, TWO, Client, Json, base64_of, picture
from tests.offline.conftest import Cloud
from tests.offline.people import Somebody, join, ok, register, somebody

ROSTER = """email,name,extra_time_percent
bea@day.example,Bea,
carl@day.example,Carl,25
dora@day.example,Dora,
"""


def first_admin(cloud: Cloud, tenant: str, email: str) -> Client:
    """The first admin of a new tenant, who comes by the command that an operator runs."""
    command = [sys.executable, "-m", "infra.tenants", tenant, "--admin", email]
    said = subprocess.run(
        command, cwd=ROOT, env=cloud.environment, capture_output=True, text=True, check=True
    )
    invitation = re.search(r"inv_\w+", said.stdout + said.stderr)
    assert invitation
    anyone = Client(cloud.url, "")
    register(anyone, invitation[0], email)
    return somebody(anyone, email).client


def exam_from_now(title: str) -> Json:
    now = time.time()
    return {
        "title": title,
        "opens_at": rfc3339(now - 60),
        "closes_at": rfc3339(now + 3600),
        "duration_s": 1800,
        "instructions": "Answer all three.",
        "questions": [{"id": 1, "text": "Why?"}],
        "policy": {"labels": False, "text": False},
    }


def take_in(server: Client, exam_id: str, roster: str) -> dict[str, Somebody]:
    """The candidates of a CSV file, by name, each logged in."""
    rows = ok(
        server.call("POST", f"/api/exams/{exam_id}/candidates", raw=roster.encode(), Content_Type="text/csv")
    )["candidates"]
    for each in rows:
        register(server, each["invitation"], each["email"])
    return {each["email"].partition("@")[0]: somebody(server, each["email"]) for each in rows}


def watched(browser: Client, session_id: str, shows: Mapping[int, object]) -> None:
    for seq, script in shows.items():
        frame = {"seq": seq, "frame": base64_of(picture(seq, script))}  # type: ignore[arg-type]
        ok(browser.call("POST", f"/api/sessions/{session_id}/frame", frame))


def test_a_day_from_the_tenants_first_admin_to_the_proctors_list(cloud: Cloud) -> None:
    # A tenant is made, with its first admin, who invites a proctor and creates an exam.
    admin = first_admin(cloud, "Day Acme", "ada@day.example")
    proctor = join(admin, "proctor", "pat@day.example").client
    exam_id = ok(admin.call("POST", "/api/exams", exam_from_now("Reasoning")), status=201)["exam"]["exam_id"]

    # Three candidates are imported, log in, and start; a fourth person of the tenant is not among them.
    people = take_in(admin, exam_id, ROSTER)
    stranger = join(admin, "candidate", "eve@day.example").client
    starts = {
        name: ok(each.client.call("POST", f"/api/exams/{exam_id}/start", {"consent": {"given": True}}))
        for name, each in people.items()
    }
    browsers = {name: Client(cloud.url, each["session_token"]) for name, each in starts.items()}
    sessions = {name: each["session_id"] for name, each in starts.items()}

    assert stranger.call("POST", f"/api/exams/{exam_id}/start").status == 404
    assert [each["title"] for each in ok(people["bea"].client.call("GET", "/api/exams"))["exams"]] == [
        "Reasoning"
    ]

    # They are watched. Carl's line breaks, and he goes on in the same session.
    watched(browsers["bea"], sessions["bea"], {1: PRESENT, 2: TWO, 3: PRESENT})
    watched(browsers["carl"], sessions["carl"], {1: PRESENT, 2: NOBODY, 3: NOBODY, 4: NOBODY})
    again = ok(people["carl"].client.call("POST", f"/api/exams/{exam_id}/start"))
    browsers["carl"] = Client(cloud.url, again["session_token"])
    watched(browsers["carl"], sessions["carl"], {5: PRESENT, 6: TWO})
    form = {"exam_id": exam_id, "frame": base64_of(picture(1, TWO)), "seq": 1}
    ok(people["dora"].client.call("POST", "/upload-frame", form))

    assert (again["session_id"], again["resumed"]) == (sessions["carl"], True)
    assert again["deadline"] == starts["carl"]["deadline"] > starts["bea"]["deadline"]

    # Bea hands in, thinks better of it, and hands in again. Carl saves a draft, then hands in.
    ok(browsers["bea"].call("POST", "/submit", {"answers": ["because"]}))
    ok(people["bea"].client.call("POST", "/submit", {"exam_id": exam_id, "answers": ["therefore"]}))
    ok(browsers["carl"].call("POST", "/submit", {"answers": ["a draft"], "final": False}))
    ok(browsers["carl"].call("POST", "/submit", {"answers": ["in the end"]}))

    # The exam is closed, and Dora comes too late.
    ok(admin.call("POST", f"/api/exams/{exam_id}/close"))
    late = browsers["dora"].call("POST", "/submit", {"answers": ["too late"]})

    assert (late.status, late.body["type"]) == (409, "urn:proctoring:problem:deadline-passed")
    assert browsers["dora"].call("POST", "/submit", {"answers": ["again"]}).status == 409

    # The proctor sees the alerts of all three, newest first, and what each attempt came to.
    seen = ok(proctor.call("GET", f"/alerts?exam_id={exam_id}"))["alerts"]
    names = {each.person_id: name for name, each in people.items()}
    results = ok(proctor.call("GET", f"/api/exams/{exam_id}/results"))["results"]
    told = {names[each["candidate_id"]]: each for each in results}

    assert {(names[each["candidate_id"]], each["type"]) for each in seen} == {
        ("bea", "multiple_faces_detected"),
        ("carl", "no_face_detected"),
        ("carl", "multiple_faces_detected"),
        ("dora", "multiple_faces_detected"),
    }
    assert {each["state"] for each in seen} == {"closed"}
    assert seen == ok(proctor.call("GET", "/alerts"))["alerts"]
    assert {name: each["state"] for name, each in told.items()} == {
        "bea": "submitted",
        "carl": "submitted",
        "dora": "over",
    }
    assert {name: each["outcome"]["alert_count"] for name, each in told.items()} == {
        "bea": 1,
        "carl": 2,
        "dora": 1,
    }
    answers = ok(proctor.call("GET", f"/api/exams/{exam_id}/results/{people['bea'].person_id}"))
    assert answers["result"]["answers"] == ["therefore"]
    report = ok(proctor.call("GET", f"/api/sessions/{sessions['dora']}/report"))["report"]
    assert report["ended_by"] == "service"

    # Another tenant's proctor sees nothing of it.
    rival = first_admin(cloud, "Day Rival", "rita@rival.example")
    theirs = join(rival, "proctor", "paul@rival.example").client

    assert ok(theirs.call("GET", "/alerts"))["alerts"] == []
    assert ok(theirs.call("GET", "/api/exams"))["exams"] == []
    for path in (f"exams/{exam_id}", f"exams/{exam_id}/results", f"sessions/{sessions['bea']}/report"):
        assert theirs.call("GET", f"/api/{path}").status == 404
