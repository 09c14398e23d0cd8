"""A candidate is asked to show that they are there, over HTTP, with staged pictures."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.rekognition.frontal import LANDMARKS
from infra.local.rekognition.script import FaceScript
from infra.local.rekognition.staged import face
from tests.offline.client import PRESENT, Client, Emulator, Interview, Json, base64_of, picture
from tests.offline.conftest import Cloud

STRAIGHT = face()
SHOWS: Mapping[str, FaceScript] = {
    "turn_left": face(yaw_deg=35),
    "turn_right": face(yaw_deg=-35),
    "look_up": face(pitch_deg=22),
    "blink": face(eyes_open=False),
}
BOX = [0.35, 0.25, 0.3, 0.48]
STILL = {name: [BOX[0] + x * BOX[2], BOX[1] + y * BOX[3]] for name, (x, y) in LANDMARKS.items()}
PICTURES: Mapping[str, FaceScript] = {
    "turn_left": face(yaw_deg=35, box=BOX, landmarks=STILL),
    "turn_right": face(yaw_deg=-35, box=BOX, landmarks=STILL),
    "look_up": face(pitch_deg=22, box=BOX, landmarks=STILL),
    "blink": face(box=BOX),
}
"""What a picture that is held up and turned shows."""


@pytest.fixture
def emulator(cloud: Cloud) -> Iterator[Emulator]:
    emulator = Emulator(cloud.rekognition_url)
    yield emulator
    emulator.heal()
    emulator.forget_liveness()


@pytest.fixture
def server(cloud: Cloud, api_key: str) -> Client:
    return Client(cloud.url, api_key)


class Page:
    """A candidate's page: it asks, sends a frame a second, and numbers and dates them."""

    def __init__(self, interview: Interview) -> None:
        self.interview = interview
        self.started = datetime.fromisoformat(interview.started["start_time"])
        self.seq = 0

    def ask(self, **wanted: object) -> Json:
        answer = self.interview.browser.call("POST", f"{self.interview.path}/challenge", wanted)
        assert answer.status == 200, answer.body
        challenge: Json = answer.body["challenge"]
        return challenge

    def read(self) -> Any:  # noqa: ANN401 - an object of JSON, or null
        return self.interview.browser.call("GET", f"{self.interview.path}/challenge").body["challenge"]

    def end_by_browser(self) -> Json:
        report: Json = self.interview.browser.call("POST", f"{self.interview.path}/end", {}).body["report"]
        return report

    def frames(self, *shown: FaceScript) -> list[tuple[int, bytes, str]]:
        """Frames to send: their numbers, pictures and times, a second apart from two seconds on."""
        made = []
        for each in shown:
            self.seq += 1
            at = self.started + timedelta(seconds=1.5 + self.seq)
            made.append((self.seq, picture(self.seq, {"faces": [each]}), at.isoformat()))
        return made

    def send(self, frame: tuple[int, bytes, str]) -> Json:
        seq, jpeg, captured_at = frame
        answer = self.interview.frame(jpeg, seq=seq, captured_at=captured_at)
        assert answer.status == 200, answer.body
        body: Json = answer.body
        return body

    def show(self, *shown: FaceScript) -> list[Json]:
        return [self.send(each) for each in self.frames(*shown)]


def steps(challenge: Json, looks: Mapping[str, FaceScript] = SHOWS) -> list[FaceScript]:
    """What shows the steps, in their order; eyes stay closed for two frames."""
    actions = [step["action"] for step in challenge["steps"]]
    return [look for action in actions for look in [looks[action]] * (2 if action == "blink" else 1)]


@pytest.fixture
def page(server: Client) -> Page:
    return Page(server.start())


def test_who_does_what_is_asked_passes_and_the_report_shows_it(server: Client, page: Page) -> None:
    challenge = page.ask()
    told = page.show(STRAIGHT, *steps(challenge), STRAIGHT)
    report = page.interview.end()
    (shown,) = report["presence"]["challenges"]

    assert (challenge["status"], challenge["step"], challenge["tries_left"]) == ("open", 0, 2)
    assert challenge["instruction"] == "Look straight into the camera."
    assert told[0]["challenge"]["instruction"] == challenge["steps"][0]["instruction"]
    assert [each["done"] for each in told[-1]["challenge"]["steps"]] == [True] * len(challenge["steps"])
    assert told[-1]["challenge"]["status"] == "passed"
    assert {each["result"]["analysis"]["faces"] for each in told[:-1]} == {"asked"}
    assert (shown["status"], len(shown["evidence"])) == ("passed", 1 + len(challenge["steps"]))
    assert all(each["url"] for each in shown["evidence"])
    assert (report["alerts"], report["integrity"]["score"]) == ([], 100)
    assert "asked once to show that somebody is there" in report["summary"]["text"]
    assert server.call("GET", f"{page.interview.path}/report").body["report"] == report


def test_another_movement_than_the_one_asked_for_does_not_pass(page: Page) -> None:
    challenge = page.ask()
    asked_first = challenge["steps"][0]["action"]
    wrong = "turn_right" if asked_first == "turn_left" else "turn_left"
    told = page.show(STRAIGHT, SHOWS[wrong], *steps(challenge))
    report = page.interview.end()

    assert (told[-1]["challenge"]["status"], told[-1]["challenge"]["reason"]) == ("failed", "wrong_move")
    assert (report["presence"]["failed"], report["alerts"], report["integrity"]["score"]) == (1, [], 100)


def test_what_was_captured_too_late_does_not_pass(page: Page) -> None:
    challenge = page.ask()
    page.seq = 40
    told = page.show(STRAIGHT, *steps(challenge))

    assert (told[-1]["challenge"]["status"], told[-1]["challenge"]["step"]) == ("open", 0)


def test_frames_that_come_in_another_order_and_twice_pass_as_well(page: Page) -> None:
    challenge = page.ask()
    frames = page.frames(STRAIGHT, *steps(challenge), STRAIGHT)
    for frame in (*reversed(frames), frames[1]):
        page.send(frame)

    assert page.read()["status"] == "passed"


def test_a_batch_of_frames_tells_the_challenge_too(page: Page) -> None:
    challenge = page.ask()
    batch = [
        {"frame": base64_of(jpeg), "seq": seq, "captured_at": at}
        for seq, jpeg, at in page.frames(STRAIGHT, *steps(challenge))
    ]
    answer = page.interview.browser.call("POST", f"{page.interview.path}/frames", {"frames": batch})

    assert answer.body["challenge"]["status"] == "passed"


def test_a_picture_that_is_turned_by_hand_does_not_pass(page: Page) -> None:
    challenge = page.ask()
    page.show(PICTURES["blink"], *steps(challenge, PICTURES), *steps(challenge, PICTURES))

    assert (page.read()["status"], page.read()["step"]) == ("open", 0)


def test_an_outage_is_not_told_and_costs_no_try(page: Page, emulator: Emulator) -> None:
    page.ask()
    page.show(STRAIGHT)
    emulator.fail(kind="error", operations=["DetectFaces"])
    page.show(STRAIGHT)
    emulator.heal()
    again = page.ask()
    report = page.interview.end()

    assert again["tries_left"] == 2
    assert [each["status"] for each in report["presence"]["challenges"]] == ["not_told", "not_told"]
    assert report["presence"]["challenges"][0]["reason"] == "outage"
    assert report["alerts"] == []


def test_when_the_tries_are_used_up_and_when_the_session_is_over_nobody_is_asked(page: Page) -> None:
    path = f"{page.interview.path}/challenge"
    for _ in range(3):
        page.ask()
    used_up = page.interview.server.call("POST", path, {})
    page.interview.end()
    over = page.interview.server.call("POST", path, {})

    assert (used_up.status, used_up.body["type"]) == (409, "urn:proctoring:problem:conflict")
    assert (over.status, over.body["type"]) == (409, "urn:proctoring:problem:session-ended")


def test_a_session_in_which_nobody_was_asked_has_no_challenge(page: Page) -> None:
    (told,) = page.show(PRESENT["faces"][0])

    assert (page.read(), told["challenge"], page.interview.end()["presence"]) == (None, None, None)


@pytest.mark.parametrize(
    ("result", "status", "confidence"),
    [
        ({"status": "SUCCEEDED", "confidence": 96.5}, "passed", 96.5),
        ({"status": "SUCCEEDED", "confidence": 31.0}, "failed", 31.0),
        ({"status": "FAILED"}, "failed", None),
    ],
)
def test_face_liveness_says_what_rekognition_says_and_how_surely_in_the_report_alone(
    server: Client, emulator: Emulator, result: Json, status: str, confidence: float | None
) -> None:
    page = Page(server.start(policy={"liveness": "rekognition"}))
    asked = page.ask()
    before = page.read()
    emulator.say_liveness(session_id=asked["liveness"]["session_id"], **result)
    after = page.read()
    report = page.interview.end()
    (told,) = report["presence"]["challenges"]

    assert (asked["kind"], asked["steps"], asked["liveness"]["region"]) == ("rekognition", [], "us-east-1")
    assert (before["status"], after["status"]) == ("open", status)
    assert "confidence" not in after
    assert (told["status"], told["confidence"], report["presence"]["usd"]) == (status, confidence, 0.015)
    assert page.end_by_browser()["presence"]["challenges"][0]["confidence"] is None
    assert report["alerts"] == []


def test_a_provider_that_is_down_is_503_and_decides_nothing(server: Client, emulator: Emulator) -> None:
    page = Page(server.start(policy={"liveness": "rekognition"}))
    path = f"{page.interview.path}/challenge"
    page.ask()
    emulator.fail(kind="error")
    read, asked = page.interview.browser.call("GET", path), page.interview.browser.call("POST", path, {})
    emulator.heal()

    assert [(each.status, "Retry-After" in each.headers) for each in (read, asked)] == [(503, True)] * 2
    assert page.read()["status"] == "open"


def test_the_browser_of_another_policy_cannot_ask_for_what_costs(page: Page) -> None:
    refused = page.interview.browser.call("POST", f"{page.interview.path}/challenge", {"kind": "rekognition"})

    assert refused.status == 409


def test_a_recording_in_a_loop_is_told(server: Client) -> None:
    page = Page(server.start())
    recording = [picture(900 + number, PRESENT) for number in range(5)]
    opened: list[str] = []
    for number in range(50):
        at = (page.started + timedelta(seconds=number)).isoformat()
        result = page.send((number + 1, recording[number % 5], at))["result"]
        opened += [alert["type"] for alert in result["alerts"]]

    assert opened == ["looped_feed"]
