"""End a session and write its report, once."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain import presence, presence_told, reducer, report
from chalicelib.domain.attempts import outcome_of, tied
from chalicelib.domain.errors import Conflict, NotFound, SessionActive, StaleSession, UpstreamDown
from chalicelib.domain.model import Alert, EndedBy, Session, Status
from chalicelib.domain.report import Report
from chalicelib.domain.scoring import as_scored
from chalicelib.flows.change_attempt import changed
from chalicelib.flows.ports import Attempts, Clock, Evidence, Jobs, Sessions, Summarizer
from chalicelib.flows.tell_of_session import SendWord
from chalicelib.telemetry import Metric, count, logger

_WRITES = 90
"""Alerts in one transaction; DynamoDB takes 100 items."""
_TRIES = 20


@dataclass(frozen=True, slots=True)
class EndSession:
    """Each step may be repeated: a call that died half-way is finished by the next one."""

    sessions: Sessions
    evidence: Evidence
    jobs: Jobs
    summarizer: Summarizer
    attempts: Attempts
    word: SendWord
    clock: Clock
    usd_per_call: float
    versions: Mapping[str, str]

    def __call__(
        self,
        tenant_id: str,
        session_id: str,
        by: EndedBy = EndedBy.CALLER,
        *,
        until: float | None = None,
    ) -> Report:
        """The report; the same one at every call. Raises NotFound, UpstreamDown.

        `until`: it ended then, or with its last frame if that came later, where it ends only now.
        """
        self.word.before_end(tenant_id, session_id)
        session = closed(self.sessions, tenant_id, session_id, self.clock, by, until=until)
        written = self._report(session)
        # At every call: one that died before this is finished by the next.
        self._tie(session, written)
        self.word.of_end(session)
        return written

    def by_browser(self, tenant_id: str, session_id: str) -> Report:
        """The same, asked for by the candidate. Raises Conflict for an exam, which answers end."""
        if self.sessions.load(tenant_id, session_id).attempt:
            raise Conflict("This session is an exam's; submit the answers to end it.")
        return self(tenant_id, session_id)

    def report(self, tenant_id: str, session_id: str) -> Report:
        """The report of an ended session. Raises NotFound, SessionActive."""
        session = self.sessions.load(tenant_id, session_id)
        if session.status is Status.ACTIVE:
            raise SessionActive("The session has not ended; end it first.")
        written = self.sessions.report(tenant_id, session_id)
        if written is None:
            written = self._report(session)
            self._tie(session, written)
            self.word.of_end(session)
        return written

    def _report(self, session: Session) -> Report:
        written = self.sessions.report(session.tenant_id, session.session_id)
        if written:
            return written
        if session.replay_needed:
            session = self._replayed(session)
        alerts = list(self.sessions.alerts(session.tenant_id, session.session_id))
        kept = self._pictures(session, alerts)
        alerts = alerts if kept is None else [_citing(alert, kept) for alert in alerts]
        built = report.build(session, alerts, usd_per_call=self.usd_per_call, versions=self.versions)
        if kept is not None:
            built = replace(built, presence=presence_told.with_kept(built.presence, kept))
        # Everybody reads the same words: they must not tell of an accommodation.
        built = report.with_summary(built, self.summarizer.summarize(as_scored(built)))
        written = self.sessions.keep_report(session, built)
        logger.info("session_ended", alerts=written.alert_count)
        self._tidy(session)
        return written

    def _tie(self, session: Session, written: Report) -> None:
        if session.attempt is None:
            return
        exam_id, candidate_id = session.attempt.exam_id, session.attempt.candidate_id
        outcome = outcome_of(written)
        with suppress(NotFound):  # it has expired, or the start of this session lost against unassigning
            changed(
                self.attempts,
                (session.tenant_id, exam_id, candidate_id),
                lambda attempt: tied(attempt, session.session_id, session.started_at, outcome),
            )

    def _tidy(self, session: Session) -> None:
        try:
            self.jobs.send("tidy_evidence", tenant_id=session.tenant_id, session_id=session.session_id)
        except UpstreamDown:
            # The report does not wait for it: pictures that nobody cites expire with the others.
            logger.warning("tidy_not_sent")

    def _replayed(self, session: Session) -> Session:
        """The session as the clean sequence of its frames makes it: some came too late to be put in order."""
        records = self.sessions.frames(session.tenant_id, session.session_id)
        moments = (reducer.moment_of(record.observation, session.policy) for record in records)
        clean, alerts = reducer.replayed(session, moments)
        right = {alert.id for alert in alerts}
        known = self.sessions.alerts(session.tenant_id, session.session_id)
        void = [replace(alert, withdrawn=True) for alert in known if alert.id not in right]
        for part in _parts([*alerts, *void]):
            session = self.sessions.save(session, alerts=part)
        return self.sessions.save(replace(clean, version=session.version))

    def _pictures(self, session: Session, alerts: Sequence[Alert]) -> set[str] | None:
        """The names of the pictures that the report may point at; None if all that it does are kept."""
        if session.policy.keep_frames == "all" or not (alerts or session.challenges):
            return None
        return set(self.evidence.kept(session.tenant_id, session.session_id))


@dataclass(frozen=True, slots=True)
class TidyEvidence:
    """Delete the pictures that no alert came to cite; where every frame is kept, what is neither."""

    sessions: Sessions
    evidence: Evidence

    def __call__(self, tenant_id: str, session_id: str) -> int:
        """How many pictures were deleted. Raises NotFound; SessionActive while alerts may still come."""
        session = self.sessions.load(tenant_id, session_id)
        if session.status is Status.ACTIVE or session.replay_needed:
            raise SessionActive("The session's alerts are not final.")
        alerts = list(self.sessions.alerts(tenant_id, session_id))
        cited = {each.picture for alert in alerts for each in alert.evidence}
        cited |= presence.cited(session.challenges) | _compared_with(session, alerts)
        if session.policy.keep_frames == "all":
            frames = self.sessions.frames(tenant_id, session_id)
            cited |= {record.observation.picture for record in frames}
        return self.evidence.drop(
            tenant_id, session_id, set(self.evidence.kept(tenant_id, session_id)) - cited
        )


def _compared_with(session: Session, alerts: Iterable[Alert]) -> set[str]:
    """Pictures that a person compares evidence with: the references if there are mismatches, documents."""
    references = {alert.details.get("reference") for alert in alerts if alert.type == "identity_mismatch"}
    if references and session.identity:
        references.add(session.identity.reference)
    return {name for name in (*references, *(each.document for each in session.decisions)) if name}


def closed(
    sessions: Sessions,
    tenant_id: str,
    session_id: str,
    clock: Clock,
    by: EndedBy = EndedBy.CALLER,
    *,
    until: float | None = None,
) -> Session:
    """The session, ended now if it was not. Raises NotFound, StaleSession."""
    for tries_left in reversed(range(_TRIES)):
        session = sessions.load(tenant_id, session_id)
        ended, alerts = reducer.close(session, round(_end_of(session, clock(), until), 3), by)
        if ended == session:
            return session
        try:
            saved = sessions.save(ended, alerts=alerts)
        except StaleSession:
            # A frame came between: it belongs to the session.
            if not tries_left:
                raise
        else:
            count(Metric.SESSIONS_ENDED)
            return saved
    raise AssertionError("the last try returns or raises")


def _end_of(session: Session, now: float, until: float | None) -> float:
    if until is None:
        return now
    return min(now, max(until, session.started_at + reducer.progress(session).last_s))


def _citing(alert: Alert, kept: Collection[str]) -> Alert:
    """The alert, pointing at no picture but these."""
    return replace(alert, evidence=tuple(each for each in alert.evidence if each.picture in kept))


def _parts(alerts: list[Alert]) -> Iterator[list[Alert]]:
    for start in range(0, len(alerts), _WRITES):
        yield alerts[start : start + _WRITES]
