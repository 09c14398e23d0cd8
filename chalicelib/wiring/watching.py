"""Flows about sessions: what is watched, and what it comes to."""

import secrets
import time
from functools import cache

from chalicelib import __version__
from chalicelib.flows.analyze_frame import AnalyzeFrame
from chalicelib.flows.ask_person import AskPerson
from chalicelib.flows.ask_provider import AskProvider
from chalicelib.flows.challenge_presence import ChallengePresence, Movements
from chalicelib.flows.close_abandoned import CloseAbandoned, EndAbandoned
from chalicelib.flows.end_session import EndSession, TidyEvidence
from chalicelib.flows.erase_session import EraseSession, SweepPictures
from chalicelib.flows.identify import Identify
from chalicelib.flows.list_alerts import ListAlerts
from chalicelib.flows.open_session import OpenSession
from chalicelib.flows.read_session import ReadSession
from chalicelib.flows.resemble import Resemble
from chalicelib.vision.checks import look
from chalicelib.vision.gate import Gate
from chalicelib.wiring.adapters import (
    alerts,
    attempts,
    comparison,
    enrolments,
    evidence,
    exams,
    jobs,
    known_faces,
    ledger,
    liveness,
    sessions,
    summarizer,
    tenants,
    vision,
)
from chalicelib.wiring.callers import ask_apart, tenant_spend
from chalicelib.wiring.process import aside, new_id, pool, session_s, settings
from chalicelib.wiring.telling import send_word


@cache
def open_session() -> OpenSession:
    """Start a session."""
    return OpenSession(sessions(), tenants(), time.time, new_id, emotions_allowed=settings().emotions)


@cache
def analyze_frame() -> AnalyzeFrame:
    """Watch frames."""
    return AnalyzeFrame(
        sessions(),
        ask_provider(),
        evidence(),
        look,
        time.time,
        pool(),
        aside(),
        send_word().of_alert,
        session_s=session_s(),
    )


@cache
def ask_provider() -> AskProvider:
    """Ask Rekognition where it is needed."""
    person = AskPerson(resemble(), pool())
    return AskProvider(vision(), Gate(), ledger(), pool(), aside(), tenant_spend(), person)


@cache
def resemble() -> Resemble:
    """How like a face is to who a session was given."""
    return Resemble(comparison(), known_faces(), enrolments())


@cache
def identify() -> Identify:
    """Say who a candidate is meant to be."""
    return Identify(
        sessions(),
        evidence(),
        jobs(),
        look,
        vision(),
        comparison(),
        enrolments(),
        resemble(),
        ask_apart(),
        time.time,
    )


@cache
def challenge_presence() -> ChallengePresence:
    """Ask a candidate to show that they are there."""
    return ChallengePresence(
        sessions(),
        {"movements": Movements(secrets.choice), "rekognition": liveness()},
        ask_apart(),
        time.time,
        new_id,
    )


@cache
def read_session() -> ReadSession:
    """Read what a session has become."""
    return ReadSession(sessions(), evidence(), time.time)


@cache
def list_alerts() -> ListAlerts:
    """List alerts across sessions."""
    return ListAlerts(alerts(), evidence())


@cache
def end_session() -> EndSession:
    """End a session."""
    return EndSession(
        sessions(),
        evidence(),
        jobs(),
        summarizer(),
        attempts(),
        send_word(),
        time.time,
        settings().usd_per_call,
        versions={"service": __version__, "vision": "Amazon Rekognition"},
    )


@cache
def close_abandoned() -> CloseAbandoned:
    """Find the sessions that nobody ended."""
    return CloseAbandoned(sessions(), tenants(), jobs(), time.time, session_s())


@cache
def end_abandoned() -> EndAbandoned:
    """End a session that nobody ended."""
    return EndAbandoned(sessions(), exams(), attempts(), end_session(), time.time, session_s())


@cache
def tidy_evidence() -> TidyEvidence:
    """Delete pictures that no alert cites."""
    return TidyEvidence(sessions(), evidence())


@cache
def erase_session() -> EraseSession:
    """Erase a session."""
    return EraseSession(sessions(), evidence(), jobs(), time.time)


@cache
def sweep_pictures() -> SweepPictures:
    """Delete the pictures of a session that is gone."""
    return SweepPictures(sessions(), evidence())
