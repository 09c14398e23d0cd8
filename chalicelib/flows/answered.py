"""What a frame came to once it was asked about, and what its session remembers of that."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.domain import attention, verifying
from chalicelib.domain.identity import Identity
from chalicelib.domain.model import Memory, Session, Watch
from chalicelib.domain.seen import Findings, Kind, Look, Why
from chalicelib.domain.verifying import Looked
from chalicelib.flows.ask_person import verifies


@dataclass(frozen=True, slots=True)
class Answered:
    """What is known of a frame, how it came to be known, and what to remember of it."""

    findings: Findings
    why: Mapping[Kind, Why]
    at_s: float
    made: tuple[Kind, ...] = ()
    """Calls that were made."""
    known: tuple[Kind, ...] = ()
    """Of them, those that were answered."""
    glimpse: bytes | None = None
    """For the gate at the next frame; None from a frame that was late."""
    memory: Memory | None = None
    """What the gate shall remember from now on; None if that is what it remembered before."""
    signed: tuple[Kind, ...] = ()
    """Kinds whose facts, as they are now believed in, raise a sign."""
    audits: int | None = None
    """How far audits are trusted from now on; None if there was none."""
    audited: int = 0
    contradicted: int = 0
    repeated: int = 0
    looked: Looked | None = None
    """As far as it tells of the person; None in a session without an identity."""
    identity: Identity | None = None
    """Whom it was asked about."""

    def of(self, session: Session) -> "Answered":
        """What of it holds for the session as it is now, should it have another identity since."""
        if self.identity == session.identity:
            return self
        look = Look.PENDING if verifies(session) else Look.OFF
        found = replace(self.findings, identity=None, looks={**self.findings.looks, Kind.IDENTITY: look})
        signed = tuple(kind for kind in self.signed if kind is not Kind.IDENTITY)
        known = tuple(kind for kind in self.known if kind is not Kind.IDENTITY)
        return replace(
            self, findings=found, signed=signed, known=known, looked=None, identity=session.identity
        )

    def watch(self, before: Watch, version: int, *, late: bool) -> Watch:
        """What the session watches from now on, stored with this version of it.

        A frame that is `late`, or that others overtook while it was looked at, only counts its calls.
        """
        if self.made:
            before = attention.counted(before, len(self.made) + self.repeated, self.at_s)
        if late or self.glimpse is None:
            return before
        before = replace(before, glimpse=self.glimpse, glimpsed_s=self.at_s)
        if self.audits is not None:
            before = replace(before, audits=self.audits)
        elif Kind.FACES in self.known:
            before = replace(before, audits=attention.after_a_look_alone(before.audits))
        faces = self.findings.faces or ()
        turned = Kind.FACES in self.signed and len(faces) == 1
        watched = attention.answered(before, self.known, self.signed, self.at_s, turned=turned)
        if self.looked:
            watched = verifying.verified(watched, self.looked, self.at_s)
        return watched if self.memory is None else replace(watched, memory=version)
