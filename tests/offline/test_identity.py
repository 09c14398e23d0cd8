"""Whose face it is, over HTTP: who a candidate is meant to be, and somebody else in their place."""

import pytest

from infra.local.rekognition.script import Script
from infra.local.rekognition.staged import face
from tests.offline.client import NOBODY, Client, Emulator, Interview, Json, base64_of, picture
from tests.offline.conftest import Cloud

ADA: Script = {"faces": [face(person="ada")]}
BOB: Script = {"faces": [face(person="bob")]}
COVERED: Script = {"faces": [face(person="bob", face_occluded=True)]}
DARK: Script = {"faces": [face(person="bob", brightness=5.0)]}
TURNED: Script = {"faces": [face(person="bob", yaw_deg=60)]}
BESIDE: Script = {
    "faces": [face(person="bob", box=[0.1, 0.1, 0.4, 0.6]), face(person="ada", box=[0.6, 0.3, 0.2, 0.3])]
}
LATEST = 5
"""Frames after which somebody else is found at the latest."""


@pytest.fixture
def server(cloud: Cloud, api_key: str) -> Client:
    return Client(cloud.url, api_key)


def given(interview: Interview, by: Client | None = None, **what: str) -> Json:
    answer = (by or interview.server).call("POST", f"{interview.path}/identity", what)
    assert answer.status == 200, answer.body
    decided: Json = answer.body
    return decided


def of_ada(server: Client) -> Interview:
    """An interview of Ada, by a picture of hers."""
    interview = server.start()
    given(interview, reference=base64_of(picture(900, ADA)))
    return interview


def watched(interview: Interview, *shows: Script) -> list[list[Json]]:
    """Frames of one second each, the alerts that opened with each."""
    return [result["alerts"] for result in results(interview, *shows)]


def results(interview: Interview, *shows: Script) -> list[Json]:
    """Frames of one second each, as the browser is answered."""
    already = interview.metrics()["total_frames_received"]
    answered = []
    for seq, each in enumerate(shows, already + 1):
        answer = interview.frame(
            picture(seq, each), seq=seq, captured_at=f"2026-01-01T00:{seq // 60:02}:{seq % 60:02}Z"
        )
        assert answer.status == 200, answer.body
        answered.append(answer.body["result"])
    return answered


def mismatches(opened: list[list[Json]]) -> list[int]:
    """In which frames somebody else was found, from 1."""
    return [
        number
        for number, alerts in enumerate(opened, 1)
        if any(alert["type"] == "identity_mismatch" for alert in alerts)
    ]


def test_somebody_else_in_the_candidates_place_is_found_within_five_frames_with_the_evidence(
    server: Client,
) -> None:
    interview = of_ada(server)

    before, after = watched(interview, *[ADA] * 8), watched(interview, *[BOB] * LATEST)

    assert (mismatches(before), len(mismatches(after))) == ([], 1)
    report = interview.end()
    (alert,) = [each for each in report["alerts"] if each["type"] == "identity_mismatch"]
    assert alert["severity"] == "critical"
    assert alert["details"]["similarities"] == [0.0] * len(alert["details"]["similarities"])
    assert len(alert["details"]["similarities"]) >= 3
    assert (alert["details"]["threshold"], bool(alert["details"]["engine"])) == (50.0, True)
    assert alert["evidence"]


def test_the_candidate_who_leaves_and_comes_back_is_nobody_else(server: Client) -> None:
    interview = of_ada(server)

    opened = watched(interview, *[ADA] * 3, *[NOBODY] * 5, *[ADA] * 6)

    assert mismatches(opened) == []
    assert interview.end()["coverage"]["looks"]["identity"]["asked"] >= 2


@pytest.mark.parametrize("hidden", [COVERED, DARK, TURNED], ids=["covered", "dark", "turned"])
def test_who_cannot_be_told_is_nobody_else(server: Client, hidden: Script) -> None:
    interview = of_ada(server)

    opened = watched(interview, *[ADA] * 2, *[hidden] * 10, *[ADA] * 2)

    assert mismatches(opened) == []
    looks = interview.end()["coverage"]["looks"]["identity"]
    assert looks["unclear"] + looks["pending"] > 0


def test_the_candidate_beside_somebody_else_is_still_there(server: Client) -> None:
    assert mismatches(watched(of_ada(server), *[ADA] * 2, *[BESIDE] * 8)) == []


def test_a_provider_that_fails_accuses_nobody(cloud: Cloud, server: Client) -> None:
    interview, emulator = of_ada(server), Emulator(cloud.rekognition_url)
    watched(interview, *[ADA] * 2)
    emulator.fail(kind="error", operations=["CompareFaces"])
    try:
        opened = watched(interview, *[BOB] * 6)
    finally:
        emulator.heal()

    assert mismatches(opened) == []
    assert mismatches(watched(interview, *[BOB] * LATEST)) != []


def test_an_enrolled_username_is_who_the_candidate_is_until_it_is_deleted(server: Client) -> None:
    trained = {"username": "ada@example.com", "images": [base64_of(picture(901, ADA))]}
    assert server.call("POST", "/api/faces/train", trained).body["trainingSuccess"] == 1
    interview = server.start()

    missing = server.call("POST", f"{interview.path}/identity", {"username": "nobody@example.com"})
    decided = given(interview, username="ada@example.com", live=base64_of(picture(902, ADA)))

    assert (missing.status, decided["verified"], decided["accepted"]) == (404, True, True)
    assert mismatches(watched(interview, *[ADA] * 4)) == []
    assert len(mismatches(watched(interview, *[BOB] * LATEST))) == 1
    fresh = server.start()
    given(fresh, username="ada@example.com")
    server.call("DELETE", "/api/faces/ada@example.com")
    assert mismatches(watched(fresh, *[BOB] * 6)) == []


def test_a_document_proves_who_is_there_and_no_similarity_reaches_the_browser(server: Client) -> None:
    interview = server.start()
    document, live, other = (base64_of(picture(n, who)) for n, who in ((903, ADA), (904, ADA), (905, BOB)))

    refused = given(interview, interview.browser, document=document, live=other)
    proved = given(interview, interview.browser, document=document, live=live)

    assert (refused["verified"], refused["accepted"], refused["similarity"]) == (False, False, None)
    assert refused["reasons"] == ["no_match"]
    assert (proved["verified"], proved["accepted"], proved["similarity"]) == (True, True, None)
    assert proved["kind"] == "document"
    said = interview.browser.call("POST", f"{interview.path}/identity", {"reference": live})
    assert said.status == 403
    told = results(interview, *[BOB] * LATEST)
    opened = [alert for each in told for alert in each["alerts"]]
    recent = interview.metrics()["recent_alerts"]
    looks = interview.browser.call("GET", f"{interview.path}/metrics").body["coverage"]["looks"]
    whole = interview.server.call("GET", f"{interview.path}/metrics").body["coverage"]["looks"]
    by_browser = interview.browser.call("POST", f"{interview.path}/end", {}).body["report"]["identity"]
    by_server = interview.end()["identity"]
    assert [(each["type"], each["details"]) for each in opened] == [("identity_mismatch", {})]
    assert [each["details"] for each in recent if each["type"] == "identity_mismatch"] == [{}]
    assert {(each["identity"], each["analysis"]["identity"]) for each in told} == {(None, None)}
    assert [each["analysis"]["why"] for each in told] == [{}] * LATEST
    assert (set(looks), set(whole)) == ({"faces", "labels", "text"}, {"faces", "labels", "text", "identity"})
    assert {each["similarity"] for each in by_browser["decisions"]} == {by_browser["lowest_similarity"]}
    assert (by_browser["lowest_similarity"], by_server["lowest_similarity"]) == (None, 0.0)
    assert [each["accepted"] for each in by_server["decisions"]] == [False, True]
