"""One tree for everything that can go wrong and be said to a caller.

ProctoringError
├── BadInput                 the request cannot be understood
│   ├── BadPicture           the picture cannot be used
│   │   ├── PictureTooLarge  in bytes or in pixels
│   │   └── NotAPicture      neither JPEG nor PNG, or broken
│   ├── BodyTooLarge         the whole request is too large
│   └── BadCode              an invitation, or a code from an e-mail, is not good
├── Unauthorized             no credential, or a bad one
├── Forbidden                a known caller without the right
├── NotFound                 absent, or not the caller's: the two look alike
│   └── NotEnrolled          nobody of this name has an enrolled face
├── Conflict                 the state does not allow it
│   ├── SessionExists        the id is taken
│   ├── SessionEnded         it takes no more frames
│   ├── SessionActive        it has no report yet
│   ├── ExamNotOpen          it opens later
│   ├── ExamOver             it has closed
│   ├── AttemptNotStarted    there is no session to answer in
│   ├── AttemptStarted       the assignment cannot be taken back
│   ├── AttemptOver          submitted, ended or too late to go on
│   ├── DeadlinePassed       the answers came too late: what came before is kept
│   ├── OutdatedAnswers       the last answers are older than the draft that is kept
│   ├── PersonExists         somebody with this e-mail is registered
│   ├── NotConfirmed         the e-mail of the person who logs in is not confirmed
│   └── SeveralTenants       the person who logs in belongs to more than one: which?
├── TooManyRequests          over a limit of the tenant's: come again when it says
├── Busy                     too many writers at once: try again
│   ├── StaleSession         a write came between: reload and step again
│   └── StaleExam            the same of an exam, or of an attempt at it
└── UpstreamDown             a provider we need did not answer
    ├── VisionUnavailable    Rekognition: costs a look, never an accusation
    └── Unhealthy            the service was asked for its health, and a provider is down

Each has one HTTP status, in `chalicelib.api.problems`.
"""

from dataclasses import asdict, dataclass


class ProctoringError(Exception):
    """The root: its text is for the caller and says what to do."""

    @property
    def members(self) -> dict[str, object]:
        """What the answer tells beside the text."""
        return {}


class BadInput(ProctoringError):
    """The request cannot be understood as it is.

    `errors` names each place at fault as `{"loc": [...], "msg": "..."}` and never repeats a value.
    """

    def __init__(self, detail: str, errors: tuple[dict[str, object], ...] = ()) -> None:
        super().__init__(detail)
        self.errors = errors

    @property
    def members(self) -> dict[str, object]:
        """The places at fault."""
        return {"errors": list(self.errors)} if self.errors else {}


class BadPicture(BadInput):
    """The picture cannot be used."""


class PictureTooLarge(BadPicture):
    """The picture has too many bytes or too many pixels."""


class NotAPicture(BadPicture):
    """The bytes are neither a whole JPEG nor a whole PNG."""


class BodyTooLarge(BadInput):
    """The request body is larger than the service accepts."""


class BadCode(BadInput):
    """The invitation or the code is wrong, used or expired: which of them is nobody's business."""


class Unauthorized(ProctoringError):
    """There is no credential, or it is not valid."""


class Forbidden(ProctoringError):
    """The caller is known and may not do this."""


class NotFound(ProctoringError):
    """There is no such thing, or none that the caller may know of."""


class NotEnrolled(NotFound):
    """Nobody is enrolled under this username."""


class Conflict(ProctoringError):
    """The state of the thing does not allow it."""


class SessionExists(Conflict):
    """A session with this id was started before."""


class SessionEnded(Conflict):
    """The session has ended and takes no more frames."""


class SessionActive(Conflict):
    """The session has not ended, so it has no report."""


class ExamNotOpen(Conflict):
    """The exam opens later."""


class ExamOver(Conflict):
    """The exam has closed."""


class AttemptNotStarted(Conflict):
    """The candidate has not started the exam."""


class AttemptStarted(Conflict):
    """The candidate has started the exam, so that the assignment stays."""


class AttemptOver(Conflict):
    """The candidate has submitted, or the session has ended, or the time is up."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The answers that came in time."""

    revision: int
    answered_at: str
    """RFC 3339."""
    submitted: bool


class DeadlinePassed(Conflict):
    """The answers came too late; `deadline` says when they were due, `kept` which ones are kept."""

    def __init__(self, detail: str, deadline: str = "", kept: Kept | None = None) -> None:
        super().__init__(detail)
        self.deadline = deadline
        self.kept = kept

    @property
    def members(self) -> dict[str, object]:
        """When they were due, and what is kept."""
        return {"deadline": self.deadline, "kept": asdict(self.kept) if self.kept else None}


class OutdatedAnswers(Conflict):
    """Later answers are kept as a draft than those that were to be the last; `kept` says which."""

    def __init__(self, detail: str, kept: Kept | None = None) -> None:
        super().__init__(detail)
        self.kept = kept

    @property
    def members(self) -> dict[str, object]:
        """What is kept."""
        return {"kept": asdict(self.kept) if self.kept else None}


class PersonExists(Conflict):
    """The tenant has somebody who registered with this e-mail."""


class NotConfirmed(Conflict):
    """The person has not confirmed the e-mail yet, and cannot log in."""


class SeveralTenants(Conflict):
    """The e-mail and the password are those of several tenants' people; `tenants` names them."""

    def __init__(self, detail: str, tenants: tuple[dict[str, object], ...] = ()) -> None:
        super().__init__(detail)
        self.tenants = tenants

    @property
    def members(self) -> dict[str, object]:
        """Which tenants: `{"tenant_id", "name"}` each."""
        return {"tenants": list(self.tenants)}


class TooManyRequests(ProctoringError):
    """A limit is reached: nothing was done, and the same request may be sent again in `retry_after_s`."""

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Busy(ProctoringError):
    """Too many requests changed the same thing at once."""


class StaleSession(Busy):
    """The session was changed between loading and saving it."""


class StaleExam(Busy):
    """The exam, or an attempt at it, was changed between loading and saving it."""


class UpstreamDown(ProctoringError):
    """A provider that the service needs did not answer."""


class VisionUnavailable(UpstreamDown):
    """Rekognition did not answer, or its answer made no sense."""


class Unhealthy(UpstreamDown):
    """A service that this one stands on does not answer; `dependencies` says which."""

    def __init__(self, detail: str, dependencies: dict[str, dict[str, object]] | None = None) -> None:
        super().__init__(detail)
        self.dependencies = dependencies or {}

    @property
    def members(self) -> dict[str, object]:
        """What became of each."""
        return {"dependencies": self.dependencies}
