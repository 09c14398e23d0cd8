"""Whose faces a tenant knows: which pictures may be learned from, and what is kept of an enrolment.

A collection at the provider holds vectors; the enrolment says which of them are whose, and it alone is
believed. Each deletion begins another generation: what was added in an earlier one is never known again,
even if it reaches the collection later. Times are seconds since 1970.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import BadPicture, NotAPicture, PictureTooLarge
from chalicelib.domain.faces import KnownFace, Match, Searched
from chalicelib.domain.legibility import is_below, is_blurred, is_turned, side_px
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, View

USERNAME = r"[A-Za-z0-9][A-Za-z0-9._~@+-]{0,127}"
MOST_FACES = 100
"""Of one username."""
_OWNER_LENGTH = 32


class Reason(StrEnum):
    """Why a picture was not learned from."""

    NOT_A_PICTURE = "not_a_picture"
    TOO_LARGE = "too_large"
    BROKEN = "broken"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_SMALL = "face_too_small"
    FACE_COVERED = "face_covered"
    TURNED_AWAY = "turned_away"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    UNCLEAR = "unclear"
    """The provider itself finds the face too poor to learn from."""
    ENOUGH_FACES = "enough_faces"


DETAILS: Mapping[Reason, str] = {
    Reason.NOT_A_PICTURE: "It is neither JPEG nor PNG; send one of these.",
    Reason.TOO_LARGE: "It has too many bytes or pixels; send a smaller picture.",
    Reason.BROKEN: "It cannot be decoded; send the file whole, or encode it again.",
    Reason.NO_FACE: "No face is to be seen; send one picture with the face in full view.",
    Reason.SEVERAL_FACES: "More than one face is to be seen; send a picture of this person alone.",
    Reason.FACE_TOO_SMALL: "The face is too small; come closer, or send a larger picture.",
    Reason.FACE_COVERED: "The face is covered in part; take off what covers it.",
    Reason.TURNED_AWAY: "The face is turned away; look into the camera.",
    Reason.TOO_DARK: "The face is too dark; find more light.",
    Reason.TOO_BRIGHT: "The face is too bright; find less light.",
    Reason.BLURRED: "The face is blurred; hold still, and mind the focus.",
    Reason.UNCLEAR: "The face shows too little to be told from others; send another picture.",
    Reason.ENOUGH_FACES: f"The username has {MOST_FACES} pictures; delete it to enrol it anew.",
}
"""What is wrong, and what to do about it."""


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """A face that was learned."""

    face_id: str
    picture: str
    """Made of the picture's bytes: the same picture again is not learned again."""
    enrolled_at: float
    engine: str
    """Who learned it, with its version."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is known of a username. Without faces it is not enrolled: not yet, or not any more."""

    tenant_id: str
    username: str
    faces: tuple[EnrolledFace, ...] = ()
    enrolled_at: float = 0.0
    """When its first face was learned."""
    updated_at: float = 0.0
    generation: int = 0
    """Counts deletions: what was begun in an earlier generation is not kept."""
    awaited: bool = False
    """A first enrolment was begun since the last deletion."""
    version: int = 0
    """Counts the writes, for optimistic locking."""

    @property
    def owner(self) -> str:
        """See `owner_of`."""
        return owner_of(self.tenant_id, self.username)

    @property
    def face_ids(self) -> frozenset[str]:
        """The ids of its faces."""
        return frozenset(face.face_id for face in self.faces)

    @property
    def pictures(self) -> frozenset[str]:
        """The names of the pictures that were learned from."""
        return frozenset(face.picture for face in self.faces)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture of an enrolment: learned, if there is no reason why not."""

    index: int
    """From 0, in the order in which they were sent."""
    name: str = ""
    """Of the file, if it has one."""
    reason: Reason | None = None
    detail: str = ""

    def rejected(self, reason: Reason, detail: str = "") -> "Outcome":
        """The same picture, rejected."""
        return replace(self, reason=reason, detail=detail or DETAILS[reason])


@dataclass(frozen=True, slots=True)
class Recognised:
    """Whose face a picture shows, as far as it is known."""

    threshold: float
    """From this similarity on it is the same person."""
    engine: str
    username: str | None = None
    similarity: float | None = None
    has_face: bool = True
    """Whether there is a face in the picture at all."""


def owner_of(tenant_id: str, username: str) -> str:
    """An id for the provider, which tells it nothing of who it is."""
    return hashlib.sha256(f"{tenant_id}#{username}".encode()).hexdigest()[:_OWNER_LENGTH]


def reason_of(error: BadPicture) -> Reason:
    """Why what cannot be looked at is not learned from."""
    match error:
        case NotAPicture():
            return Reason.NOT_A_PICTURE
        case PictureTooLarge():
            return Reason.TOO_LARGE
        case _:
            return Reason.BROKEN


def wrong_with(view: View, faces: Sequence[Face], policy: Policy) -> Reason | None:
    """Why a picture with these faces is not learned from; None if it is.

    What the provider does not say is not held against it. The thresholds were measured on 60 photographs and
    webcam frames: sharp faces have a sharpness of 44 and more, blurred ones (sigma 4 pixels at a width of
    640) at most 18; faces in good light a brightness of 24 to 69, at a fifth of their light at most 11.
    """
    if not faces:
        return Reason.NO_FACE
    if len(faces) > 1:
        return Reason.SEVERAL_FACES
    (face,) = faces
    for reason, holds in (
        (Reason.FACE_TOO_SMALL, side_px(face, view) < policy.enrol_face_px),
        (Reason.FACE_COVERED, face.face_occluded is True),
        (
            Reason.TURNED_AWAY,
            is_turned(face, yaw_deg=policy.enrol_yaw_deg, pitch_deg=policy.enrol_pitch_deg),
        ),
        (Reason.TOO_DARK, is_below(face.brightness, policy.enrol_brightness_from)),
        (Reason.TOO_BRIGHT, face.brightness is not None and face.brightness > policy.enrol_brightness_to),
        (Reason.BLURRED, is_blurred(face, view, policy, sharpness_from=policy.enrol_sharpness_from)),
    ):
        if holds:
            return reason
    return None


def with_faces(enrolment: Enrolment, faces: Iterable[EnrolledFace], now: float) -> Enrolment:
    """The enrolment with these faces beside those that it has, as far as there is room for them.

    The same one if it has them all.
    """
    new = {face.face_id: face for face in faces if face.face_id not in enrolment.face_ids}
    added = list(new.values())[: MOST_FACES - len(enrolment.faces)]
    if not added:
        return enrolment
    return replace(
        enrolment,
        faces=(*enrolment.faces, *added),
        enrolled_at=enrolment.enrolled_at if enrolment.faces else now,
        updated_at=now,
    )


def deleted(enrolment: Enrolment, now: float) -> Enrolment:
    """The enrolment once it is deleted: of another generation, and without faces."""
    return replace(next_generation(enrolment), faces=(), updated_at=now, awaited=False)


def next_generation(enrolment: Enrolment) -> Enrolment:
    """The enrolment with the faces that it has, and with none that are on their way."""
    return replace(enrolment, generation=enrolment.generation + 1)


def is_known(face: KnownFace, registry: Mapping[str, Enrolment]) -> bool:
    """Whether the registry, by owner, says whose this face is."""
    enrolment = registry.get(face.owner)
    return enrolment is not None and face.face_id in enrolment.face_ids


def recognised(searched: Searched, registry: Mapping[str, Enrolment], threshold: float) -> Recognised:
    """Whose the most similar face is that the registry knows. `registry`: by owner."""
    for match in _by_similarity(searched.matches):
        if match.similarity >= threshold and is_known(match.face, registry):
            return Recognised(
                threshold, searched.engine, registry[match.face.owner].username, match.similarity
            )
    return Recognised(threshold, searched.engine, has_face=searched.found)


def _by_similarity(matches: Iterable[Match]) -> list[Match]:
    return sorted(matches, key=lambda match: -match.similarity)
