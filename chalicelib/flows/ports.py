"""What the flows need of the world: Protocols that `chalicelib.wiring` joins to adapters."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from chalicelib.domain.alerts import ListedAlert, Wanted
from chalicelib.domain.attempts import Attempt
from chalicelib.domain.attention import Change
from chalicelib.domain.credentials import StoredKey
from chalicelib.domain.exams import Exam
from chalicelib.domain.model import Alert, FrameRecord, Memory, Page, Session, SessionPage, Ticket
from chalicelib.domain.people import Login, Person, PersonRole, UserToken
from chalicelib.domain.policy import Overrides, Policy
from chalicelib.domain.report import Report, Summary
from chalicelib.domain.seen import BoundingBox, Face, Findings, Kind, Picture
from chalicelib.domain.tenants import NO_LIMITS, Limits, Tenant

Clock = Callable[[], float]
"""Seconds since 1970."""

Look = Callable[[bytes], Picture]
"""`chalicelib.vision.checks.look`."""

Probe = Callable[[], None]
"""Asks a service the cheapest harmless question. Raises UpstreamDown."""


class Sessions(Protocol):
    """Sessions with their frames, alerts and reports. See `chalicelib.aws.sessions`."""

    def create(self, session: Session, ticket: Ticket | None, most_a_day: int = 0) -> None:
        """Store a new session.

        Raises SessionExists if its id, or the ticket, was used before; TooManyRequests if the tenant started
        `most_a_day` (0: any number) on this day, and Busy if others of it are started at this moment.
        """

    def starts(self, tenant_id: str, at_s: float) -> int:
        """How many sessions were counted on the day of this moment; none on days without a limit."""

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the session that was started with it."""

    def load(self, tenant_id: str, session_id: str) -> Session:
        """The session. Raises NotFound."""

    def recalled(self, tenant_id: str, session_id: str) -> Session | None:
        """The session as this process knew it last, unasked: what `load` gives if it is so still."""

    def save(
        self,
        session: Session,
        frames: Sequence[FrameRecord] = (),
        alerts: Iterable[Alert] = (),
        memory: Memory | None = None,
    ) -> Session:
        """Store the session's next version with these, all or nothing. Raises StaleSession."""

    def memory(self, session: Session) -> Memory | None:
        """What the gate remembers of the session; None if nothing is stored."""

    def frame(self, tenant_id: str, session_id: str, seq: int) -> FrameRecord | None:
        """A frame, if it was stored."""

    def frames(self, tenant_id: str, session_id: str) -> Iterator[FrameRecord]:
        """All frames in order."""

    def frames_page(
        self, tenant_id: str, session_id: str, limit: int, after: str | None
    ) -> Page[FrameRecord]:
        """Frames in order, a page at a time. Raises BadInput for a foreign cursor."""

    def alerts(self, tenant_id: str, session_id: str) -> Iterator[Alert]:
        """All alerts, by the frame they began with."""

    def alerts_page(
        self,
        tenant_id: str,
        session_id: str,
        limit: int,
        after: str | None = None,
        *,
        newest_first: bool = False,
    ) -> Page[Alert]:
        """Alerts, a page at a time. Raises BadInput for a foreign cursor."""

    def report(self, tenant_id: str, session_id: str) -> Report | None:
        """The report, if it was written."""

    def keep_report(self, session: Session, report: Report) -> Report:
        """Store the report unless there is one; the stored one, whoever wrote it."""

    def rows(self, tenant_id: str, limit: int, after: str | None) -> SessionPage:
        """The tenant's sessions, newest first. Raises BadInput for a foreign cursor."""

    def still_active(self, tenant_id: str, since: float, until: float) -> Iterator[str]:
        """The ids of the tenant's active sessions that started between these times, oldest first."""

    def erase(self, tenant_id: str, session_id: str) -> dict[str, int]:
        """Delete everything of the session, itself last; how many items of each kind there were."""


class Alerts(Protocol):
    """Alerts across sessions. See `chalicelib.aws.alerts`."""

    def page(self, tenant_id: str, wanted: Wanted, limit: int, after: str | None = None) -> Page[ListedAlert]:
        """The tenant's alerts, newest first: up to `limit` (at most 100), or fewer though more follow.

        Raises BadInput for a cursor of another list.
        """


class Evidence(Protocol):
    """Frames as pictures. See `chalicelib.aws.evidence`."""

    def keep(self, tenant_id: str, session_id: str, picture: Picture) -> None:
        """Store a picture; the same one again changes nothing. Raises UpstreamDown."""

    def link(self, tenant_id: str, session_id: str, name: str) -> str:
        """A link to a picture that expires."""

    def kept(self, tenant_id: str, session_id: str) -> Iterator[str]:
        """The names of the stored pictures."""

    def drop(self, tenant_id: str, session_id: str, names: Collection[str]) -> int:
        """Delete pictures; how many there were."""


class Vision(Protocol):
    """The provider's eyes. See `chalicelib.vision.rekognition.looks`."""

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:
        """What each picture shows; a kind that is not answered is None and FAILED, never an error."""

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        """The faces in each of up to nine pictures, by one call; None if it is not answered."""


class Jobs(Protocol):
    """Slow work. See `chalicelib.aws.jobs`."""

    def send(self, job: str, *, delay_s: int = 0, **about: str) -> None:
        """Hand over a job. Raises UpstreamDown."""


class Tenants(Protocol):
    """Tenants. See `chalicelib.aws.tenants`."""

    def create(self, tenant_id: str, name: str, created_at: str, limits: Limits = NO_LIMITS) -> None:
        """Store a tenant."""

    def ids(self) -> Iterator[str]:
        """All tenants."""

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant. Raises NotFound."""

    def change(self, tenant_id: str, *, name: str | None = None, policy: Overrides | None = None) -> Tenant:
        """The tenant with what is given: a policy takes the place of the one before. Raises NotFound."""

    def limit(self, tenant_id: str, limits: Limits) -> Tenant:
        """The tenant with these limits. Raises NotFound."""

    def remove(self, tenant_id: str) -> None:
        """Delete the tenant, if there is one. Raises UpstreamDown."""


class Keys(Protocol):
    """API keys. See `chalicelib.aws.keys`."""

    def add(self, key: StoredKey) -> bool:
        """Store a new key; False if its id is taken."""

    def key(self, key_id: str) -> StoredKey | None:
        """What is stored of a key."""

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[StoredKey]:
        """The tenant's keys, by their ids. Raises BadInput for a foreign cursor."""

    def live(self, tenant_id: str, now: float) -> int:
        """How many of the tenant's keys are good for something; the last second's may be missing."""

    def rename(self, tenant_id: str, key_id: str, name: str) -> StoredKey | None:
        """The key with this name; None if the tenant has no such key."""

    def revoke(self, tenant_id: str, key_id: str) -> StoredKey | None:
        """The key, useless from now on; None if the tenant has no such key."""

    def rotate(self, retired: StoredKey, new: StoredKey) -> bool:
        """Store the new key and what becomes of the old one, both or neither.

        False if the old one was revoked or rotated in the meantime, or somebody changes it now.
        """

    def used(self, key_id: str, at_s: float) -> None:
        """Write down that a key is in use, unless that was done lately. Raises UpstreamDown."""

    def remove(self, key_id: str) -> None:
        """Delete a key, if there is one. Raises UpstreamDown."""


class Requests(Protocol):
    """What the requests of all processes add up to. See `chalicelib.aws.requests`."""

    def add(self, tenant_id: str, requests: int, now: float) -> int | None:
        """Count a tenant's requests; how many there were in the running minute, these included.

        None if they cannot be counted, never an error.
        """


class Exams(Protocol):
    """Exams with their questions, which are JSON as text. See `chalicelib.aws.exams`."""

    def create(self, exam: Exam, questions: str, ticket: Ticket | None) -> None:
        """Store a new exam. Raises StaleExam if the ticket was used before."""

    def ticket(self, tenant_id: str, key: str) -> tuple[Ticket, str] | None:
        """The ticket of this key, with the id of the exam that was made with it."""

    def load(self, tenant_id: str, exam_id: str) -> Exam:
        """The exam. Raises NotFound."""

    def questions(self, tenant_id: str, exam_id: str) -> str:
        """The exam's questions; `null` if there are none."""

    def save(self, exam: Exam, questions: str | None = None) -> Exam:
        """Store the exam's next version, with other questions if any are given. Raises StaleExam."""

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Exam]:
        """The tenant's exams, newest first. Raises BadInput for a foreign cursor."""

    def several(self, tenant_id: str, exam_ids: Sequence[str]) -> list[Exam]:
        """Up to 100 exams, those that there are, in this order."""

    def remove(self, tenant_id: str, exam_id: str) -> None:
        """Delete the exam with its questions, if there is one."""


class Attempts(Protocol):
    """Who takes which exam, how far they are, and their answers. See `chalicelib.aws.attempts`."""

    def create(self, attempt: Attempt) -> bool:
        """Store a new attempt; False, and nothing changes, if the candidate has one at this exam."""

    def load(self, tenant_id: str, exam_id: str, candidate_id: str) -> Attempt:
        """The attempt. Raises NotFound."""

    def save(self, attempt: Attempt, answers: str | None = None) -> Attempt:
        """Store the attempt's next version, with answers if any are given, or nothing. Raises StaleExam."""

    def remove(self, attempt: Attempt) -> None:
        """Delete the attempt if it is so still. Raises StaleExam."""

    def answers(self, tenant_id: str, exam_id: str, candidate_id: str) -> str | None:
        """The answers that are kept, JSON as text."""

    def page(self, tenant_id: str, exam_id: str, limit: int, after: str | None) -> Page[Attempt]:
        """The exam's attempts, by candidate. Raises BadInput for a foreign cursor."""

    def of_candidate(self, tenant_id: str, candidate_id: str, limit: int, after: str | None) -> Page[Attempt]:
        """The candidate's attempts, that at the newest exam first. Raises BadInput for a foreign cursor."""

    def clear(self, tenant_id: str, exam_id: str) -> int:
        """Delete all attempts at an exam with their answers; how many attempts there were."""


class People(Protocol):
    """Who belongs to which tenant. See `chalicelib.aws.people`."""

    def add(self, person: Person) -> None:
        """Store a new person, found by e-mail from now on. Raises Busy if the tenant has the e-mail."""

    def save(self, person: Person) -> Person:
        """Store the person's next version. Raises Busy if it was changed since it was read."""

    def person(self, person_id: str) -> Person | None:
        """A person of whichever tenant."""

    def with_email(self, email: str) -> Mapping[str, str]:
        """The ids of the people with this e-mail (in lower case), by tenant."""

    def page(self, tenant_id: str, limit: int, after: str | None, role: PersonRole | None) -> Page[Person]:
        """The tenant's people, those who were invited last first. Raises BadInput for a foreign cursor.

        A page may hold fewer than there are, and have a cursor still.
        """

    def remove(self, person: Person) -> None:
        """Delete the person, and from what their e-mail leads to. Raises Busy if it was changed meanwhile."""


class Accounts(Protocol):
    """People's passwords and what proves their e-mails, by person id. See `chalicelib.aws.accounts`.

    Every method raises UpstreamDown, and TooManyRequests where somebody tries too often. Of an account that
    does not exist the same is said as of one to which what is sent does not fit.
    """

    def sign_up(self, person_id: str, email: str, password: str) -> None:
        """Make an account, which mails a code. Raises PersonExists if there is one, BadInput."""

    def resend(self, person_id: str) -> bool:
        """Mail another code to confirm with; False if there is nothing to confirm."""

    def confirm(self, person_id: str, code: str) -> None:
        """Confirm the e-mail by the code. Raises BadCode."""

    def log_in(self, person_id: str, password: str) -> Login:
        """What the password opens. Raises Unauthorized; NotConfirmed only if the password is right."""

    def refresh(self, refresh_token: str) -> Login:
        """Another access token. Raises Unauthorized."""

    def sign_out_everywhere(self, person_id: str) -> None:
        """Let no refresh token be good any more."""

    def start_reset(self, person_id: str) -> None:
        """Mail a code to reset the password with; nothing, if the e-mail is not confirmed."""

    def finish_reset(self, person_id: str, code: str, password: str) -> None:
        """Set the password by the code. Raises BadCode, BadInput."""

    def put_in_group(self, person_id: str, role: PersonRole, *, before: PersonRole | None = None) -> None:
        """Let the groups say the role, and no longer the one before; nothing, if there is no account."""

    def delete(self, person_id: str) -> None:
        """Delete the account, if there is one."""


class UserTokens(Protocol):
    """User tokens, verified without asking who issued them. See `chalicelib.aws.tokens`."""

    def read(self, token: str) -> UserToken:
        """What it says. Raises Unauthorized if it is not good; UpstreamDown if that cannot be told now."""


class Summarizer(Protocol):
    """The report in words. See `chalicelib.summary`."""

    def summarize(self, report: Report) -> Summary:
        """The words; never an error."""


class Gate(Protocol):
    """Which answers still hold for a frame. See `chalicelib.vision.gate`."""

    def weigh(
        self, picture: Picture, pixels: bytes, glimpse: bytes, before: bytes, *, patient: bool
    ) -> Change:
        """What may have changed since the provider was asked.

        `glimpse` and the fingerprint `before` are those of the frame before; `patient` says that it is recent
        enough to wait for a second look at something new.
        """

    def draft(self, picture: Picture, pixels: bytes | None) -> object:
        """What can be said of a frame to remember before the provider has answered; for `learn`."""

    def learn(
        self,
        draft: object,
        asked: Collection[Kind],
        faces: Sequence[Face],
        signed: Mapping[Kind, Sequence[BoundingBox]],
    ) -> bytes:
        """What to remember after the provider answered for these kinds.

        `signed` are those whose answers raise a sign, `IDENTITY` among them while another than the candidate
        is in view, with the boxes of what raised it.
        """


class Ledger(Protocol):
    """What the calls of all processes add up to. See `chalicelib.aws.ledger`."""

    def grant(self, urgencies: Sequence[float], now: float) -> int:
        """How many of these calls, from the first on, may be made now; never an error.

        A call of urgency u (0..1) is granted while it leaves no more than the share u of the moment's calls
        used.
        """

    def spend(self, tenant_id: str, calls: int, now: float) -> int:
        """Count a tenant's calls; how many there were in the running hour, these included.

        Less than none takes back what was not made. 0 if they cannot be counted, never an error.
        """
