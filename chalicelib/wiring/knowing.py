"""Flows about faces that are known."""

import time
from functools import cache

from chalicelib.flows.ask_faces import AskFaces
from chalicelib.flows.delete_faces import DeleteFaces, ForgetFaces, SweepFaces
from chalicelib.flows.enrol_faces import EnrolFaces, HandOverEnrolment, WorkOnEnrolment
from chalicelib.flows.learn_faces import LearnFaces
from chalicelib.flows.recognise_face import RecogniseFace
from chalicelib.vision.checks import look
from chalicelib.wiring.adapters import (
    enrolment_jobs,
    enrolments,
    jobs,
    known_faces,
    tenants,
    uploads,
    vision,
)
from chalicelib.wiring.callers import ask_apart
from chalicelib.wiring.process import pictures_pool


@cache
def ask_faces() -> AskFaces:
    """Ask Rekognition about faces to be known or recognised."""
    return AskFaces(vision(), known_faces(), ask_apart())


@cache
def learn_faces() -> LearnFaces:
    """Learn from pictures of one person."""
    return LearnFaces(enrolments(), ask_faces(), look, tenants(), jobs(), time.time, pictures_pool())


@cache
def enrol_faces() -> EnrolFaces:
    """Enrol a face by a few pictures."""
    return EnrolFaces(learn_faces())


@cache
def hand_over_enrolment() -> HandOverEnrolment:
    """Enrol a face by many pictures."""
    return HandOverEnrolment(learn_faces(), enrolment_jobs(), uploads(), jobs(), time.time)


@cache
def work_on_enrolment() -> WorkOnEnrolment:
    """Go on with an enrolment."""
    return WorkOnEnrolment(learn_faces(), enrolment_jobs(), uploads(), jobs(), time.time)


@cache
def recognise_face() -> RecogniseFace:
    """Recognise a face."""
    return RecogniseFace(enrolments(), ask_faces(), look, tenants())


@cache
def delete_faces() -> DeleteFaces:
    """Delete the faces of a username."""
    return DeleteFaces(enrolments(), known_faces(), jobs(), time.time)


@cache
def sweep_faces() -> SweepFaces:
    """Delete the faces that no username has."""
    return SweepFaces(enrolments(), known_faces(), jobs())


@cache
def forget_faces() -> ForgetFaces:
    """Delete all faces of a tenant."""
    return ForgetFaces(enrolments(), known_faces(), uploads())
