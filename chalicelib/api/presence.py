"""Presence: ask a candidate to show that they are there."""

from chalice.app import Blueprint
from pydantic import BaseModel, ConfigDict

from chalicelib import wiring
from chalicelib.api.bodies import Answer, Body
from chalicelib.api.endpoint import Call, endpoint
from chalicelib.domain import presence as presence_of
from chalicelib.domain.challenges import DONE, INSTRUCTIONS, LOOK_STRAIGHT, Action, CheckKind, Reason, State
from chalicelib.domain.errors import (
    BadInput,
    Busy,
    Conflict,
    NotFound,
    SessionEnded,
    StaleSession,
    TooManyRequests,
    UpstreamDown,
)
from chalicelib.domain.model import Session
from chalicelib.domain.movements import judged
from chalicelib.domain.report import rfc3339

presence = Blueprint(__name__)

_IN_THE_DETECTOR = "Follow the instructions of the face check."


class ChallengeRequest(Body):
    """How a candidate shall show that they are there."""

    kind: CheckKind | None = None
    """`movements`, or `rekognition` where the policy's `liveness` says so; left out: what the policy says."""
    mirrored: bool = False
    """Your frames are mirrored, as in a looking-glass."""


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True)


class StepResult(_Part):
    """A movement, in the order in which it shall be done."""

    action: Action
    instruction: str
    """For the candidate, in English."""
    done: bool


class LivenessResult(_Part):
    """What AWS's FaceLivenessDetector needs, beside credentials for `StartFaceLivenessSession`."""

    session_id: str
    region: str


class ChallengeResult(_Part):
    """A challenge, and what has become of it."""

    id: str
    kind: CheckKind
    steps: list[StepResult]
    status: State
    reason: Reason | None
    """Why it is not passed."""
    step: int
    """The next movement's place among the steps, from 0 on."""
    instruction: str
    """What to tell the candidate now, in English: first of all to look straight into the camera."""
    expires_at: str
    """RFC 3339, UTC. Frames captured until then count."""
    tries_left: int
    """How many more may be asked for."""
    liveness: LivenessResult | None


class ChallengeAnswer(Answer):
    """The challenge that was asked for last; null if there was none."""

    session_id: str
    challenge: ChallengeResult | None


@endpoint(
    presence,
    "POST",
    "/api/sessions/{session_id}/challenge",
    body=ChallengeRequest,
    answer=ChallengeAnswer,
    errors=(BadInput, Busy, Conflict, NotFound, SessionEnded, StaleSession, TooManyRequests, UpstreamDown),
)
def ask_challenge(call: Call, session_id: str) -> ChallengeAnswer:
    """Ask the candidate to show that they are there.

    The server chooses the movements. Tell the candidate the instruction, go on sending frames, one a second
    or more, and tell each answer's new instruction. One that is open is superseded by another.
    """
    wanted: ChallengeRequest = call.body
    flow = wiring.challenge_presence()
    session = flow.ask(call.tenant_id, session_id, wanted.kind, mirrored=wanted.mirrored)
    return ChallengeAnswer(session_id=session_id, challenge=challenge_of(session))


@endpoint(
    presence,
    "GET",
    "/api/sessions/{session_id}/challenge",
    answer=ChallengeAnswer,
    errors=(NotFound, StaleSession, UpstreamDown),
)
def get_challenge(call: Call, session_id: str) -> ChallengeAnswer:
    """Read what has become of the challenge that was asked for last.

    After Rekognition Face Liveness this is what fetches its result: ask when the detector is done.
    """
    session = wiring.challenge_presence().read(call.tenant_id, session_id)
    return ChallengeAnswer(session_id=session_id, challenge=challenge_of(session))


def challenge_of(session: Session) -> ChallengeResult | None:
    """The last challenge as callers see it. How sure the provider is, nobody is told before the report."""
    if not session.challenges:
        return None
    last, policy = session.challenges[-1], session.policy
    now = judged(last, policy)
    step = max(0, now.step)
    return ChallengeResult(
        id=last.id,
        kind=last.kind,
        steps=[
            StepResult(action=each, instruction=INSTRUCTIONS[each], done=number < step)
            for number, each in enumerate(last.steps)
        ],
        status=now.state,
        reason=now.reason,
        step=step,
        instruction=_instruction(last.steps, now.step, now.state, last.kind),
        expires_at=rfc3339(session.started_at + last.expires_s),
        tries_left=presence_of.tries_left(session.challenges, policy, beginning=len(session.beginning)),
        liveness=LivenessResult(session_id=last.liveness_session_id, region=last.region)
        if last.liveness_session_id
        else None,
    )


def _instruction(steps: tuple[Action, ...], step: int, state: State, kind: CheckKind) -> str:
    if state is State.PASSED:
        return DONE
    if state is not State.OPEN:
        return "That did not work. You may go on; you may be asked again."
    if kind == "rekognition":
        return _IN_THE_DETECTOR
    return LOOK_STRAIGHT if step < 0 else INSTRUCTIONS[steps[step]]
