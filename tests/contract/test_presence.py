"""What every check of presence by the provider promises: the fake one and Rekognition's."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from chalicelib.domain.challenges import Challenge, Reason, State
from chalicelib.domain.errors import VisionUnavailable
from chalicelib.domain.policy import Policy
from chalicelib.flows.presence_ports import PresenceCheck
from chalicelib.vision.rekognition.liveness import Liveness
from tests.fake_presence import FakeLiveness
from tests.unit.vision.rekognition_server import RekognitionServer, answers, fails, rekognition_server

ASKED = Challenge("c-1", "rekognition", issued_s=5.0, expires_s=5.0)
POLICY = Policy(liveness_confidence=75.0)
UNFINISHED = "CREATED"


class Provider(Protocol):
    """What a test may have become of a check."""

    @property
    def check(self) -> PresenceCheck:
        """The check itself."""

    def say(self, challenge: Challenge, result: float | str) -> None:
        """Let this become of it."""

    def fail(self) -> None:
        """Answer nothing from now on."""


@dataclass
class InMemory:
    check: FakeLiveness = field(default_factory=FakeLiveness)

    def say(self, challenge: Challenge, result: float | str) -> None:
        if result != UNFINISHED:
            self.check.say(challenge, result)

    def fail(self) -> None:
        self.check.down = True


@dataclass
class InRekognition:
    server: RekognitionServer
    check: Liveness

    def say(self, challenge: Challenge, result: float | str) -> None:
        told = (
            {"Status": result} if isinstance(result, str) else {"Status": "SUCCEEDED", "Confidence": result}
        )
        reply = {"SessionId": challenge.liveness_session_id, **told}
        self.server.behave["GetFaceLivenessSessionResults"] = answers(reply)

    def fail(self) -> None:
        for name in ("CreateFaceLivenessSession", "GetFaceLivenessSessionResults"):
            self.server.behave[name] = fails("ThrottlingException")


def begun_by(provider: Provider) -> Challenge:
    return provider.check.begin(ASKED, POLICY)


@pytest.fixture(params=["in memory", "in Rekognition"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    if request.param == "in memory":
        yield InMemory()
        return
    with rekognition_server() as server:
        server.behave["CreateFaceLivenessSession"] = answers({"SessionId": str(uuid.uuid4())})
        yield InRekognition(server, Liveness(server.client(), usd=0.015))


def test_a_check_is_begun_with_what_the_browser_needs(provider: Provider) -> None:
    begun = begun_by(provider)

    assert begun.liveness_session_id
    assert (begun.region, begun.expires_s) == ("us-east-1", 185.0)
    assert (begun.id, begun.state) == ("c-1", State.OPEN)


def test_what_it_costs_is_known_before_anybody_is_asked(provider: Provider) -> None:
    provider.fail()

    assert provider.check.usd == 0.015


def test_while_it_is_not_finished_it_stays_as_it_is(provider: Provider) -> None:
    begun = begun_by(provider)
    provider.say(begun, UNFINISHED)

    assert provider.check.judge(begun, POLICY) == begun


@pytest.mark.parametrize(
    ("confidence", "state", "reason"),
    [(99.0, State.PASSED, None), (75.0, State.PASSED, None), (74.9, State.FAILED, Reason.NOT_LIVE)],
)
def test_it_is_passed_from_the_policys_confidence_on(
    provider: Provider, confidence: float, state: State, reason: Reason | None
) -> None:
    begun = begun_by(provider)
    provider.say(begun, confidence)
    over = provider.check.judge(begun, POLICY)

    assert (over.state, over.reason, over.confidence) == (state, reason, confidence)


@pytest.mark.parametrize("word", ["FAILED", "EXPIRED"])
def test_what_the_provider_says_has_failed_has(provider: Provider, word: str) -> None:
    begun = begun_by(provider)
    provider.say(begun, word)
    over = provider.check.judge(begun, POLICY)

    assert (over.state, over.reason, over.confidence) == (State.FAILED, Reason.PROVIDER, None)


def test_a_provider_that_does_not_answer_decides_nothing(provider: Provider) -> None:
    begun = begun_by(provider)
    provider.fail()

    with pytest.raises(VisionUnavailable):
        begun_by(provider)
    with pytest.raises(VisionUnavailable):
        provider.check.judge(begun, POLICY)
