"""Faces that are known, and how similar others are to them.

Similarities are 0..100, as Rekognition gives them.
"""

from dataclasses import dataclass

from chalicelib.domain.seen import Face


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face in a tenant's collection. The collection holds numbers, no picture and no name."""

    face_id: str
    """The provider's id for it."""
    owner: str
    """Whose it is: an id that says nothing to who does not know it already."""
    generation: int = 0
    """Of the owner's enrolment, when it was added: what was added before a deletion is never known again."""


@dataclass(frozen=True, slots=True)
class Match:
    """A known face that a picture's face is similar to."""

    face: KnownFace
    similarity: float


@dataclass(frozen=True, slots=True)
class Searched:
    """The known faces that a picture's largest face is similar to, the most similar first."""

    matches: tuple[Match, ...]
    engine: str
    """Who says so, with its version."""
    found: bool = True
    """Whether there is a face in the picture at all."""
    collected: bool = True
    """Whether the tenant has a collection at all."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How similar each face of a picture is to the face of a reference picture, the most similar first."""

    similarities: tuple[float, ...]
    """Empty where there is no face to compare."""
    engine: str
    """Who says so, with its version."""
    faces: tuple[Face, ...] = ()
    """These faces, in the same order, as far as the provider tells of them."""
