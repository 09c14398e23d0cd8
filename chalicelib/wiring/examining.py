"""Flows about exams and those who take them."""

import time
from functools import cache

from chalicelib.flows.assign_candidates import AssignCandidates
from chalicelib.flows.keep_exam import ChangeExam, CreateExam, ReadExams
from chalicelib.flows.read_results import ReadResults
from chalicelib.flows.take_exam import FindAttempt, StartAttempt, SubmitAnswers
from chalicelib.wiring.adapters import attempts, exams, people, sessions
from chalicelib.wiring.callers import invite_person
from chalicelib.wiring.process import new_id, new_sorted_id, pool, session_s
from chalicelib.wiring.watching import end_session, open_session


@cache
def assign_candidates() -> AssignCandidates:
    """Say who takes an exam."""
    return AssignCandidates(
        exams(), attempts(), people(), invite_person(), time.time, new_id, pool(), session_s()
    )


@cache
def create_exam() -> CreateExam:
    """Make an exam."""
    return CreateExam(exams(), time.time, new_sorted_id, session_s())


@cache
def change_exam() -> ChangeExam:
    """Change an exam, or close it."""
    return ChangeExam(exams(), attempts(), time.time, session_s())


@cache
def read_exams() -> ReadExams:
    """Read exams."""
    return ReadExams(exams(), attempts())


@cache
def start_attempt() -> StartAttempt:
    """Start an exam, or go on with it."""
    return StartAttempt(exams(), attempts(), sessions(), open_session(), time.time)


@cache
def submit_answers() -> SubmitAnswers:
    """Hand in answers."""
    return SubmitAnswers(exams(), attempts(), end_session(), time.time)


@cache
def find_attempt() -> FindAttempt:
    """Find the attempt of a session, and the session of an attempt."""
    return FindAttempt(exams(), attempts(), sessions())


@cache
def read_results() -> ReadResults:
    """Read what became of an exam's attempts."""
    return ReadResults(exams(), attempts(), sessions(), pool())
