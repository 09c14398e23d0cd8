"""What may be sent to say who a candidate is, or to prove it."""

import hashlib
from dataclasses import dataclass

from chalicelib.domain.errors import BadInput
from chalicelib.domain.identity import GivenAs
from chalicelib.domain.seen import picture_name


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent."""

    reference: bytes | None = None
    username: str = ""
    document: bytes | None = None
    live: bytes | None = None

    @property
    def kind(self) -> GivenAs | None:
        """What it is given as; None for a live picture alone. Raises BadInput."""
        sent = (
            self.reference is not None,
            bool(self.username),
            self.document is not None,
            self.live is not None,
        )
        match sent:
            case (True, False, False, False):
                return GivenAs.PICTURE
            case (False, True, False, _):
                return GivenAs.USERNAME
            case (False, False, True, True):
                if self.document == self.live:
                    raise BadInput("`document` and `live` are one picture; send one of each.")
                return GivenAs.DOCUMENT
            case (False, False, False, True):
                return None
            case _:
                raise BadInput(
                    "Send one of these: reference; username, or username and live; document and live; live."
                )

    @property
    def fingerprint(self) -> str:
        """The same for the same request."""
        names = [picture_name(each) if each else "" for each in (self.reference, self.document, self.live)]
        return hashlib.sha256("\n".join([*names, self.username]).encode()).hexdigest()[:32]
