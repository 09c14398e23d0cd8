"""Delete faces: of a username, of a whole tenant, and what no username has.

The registry first: from then on nothing is recognised by them. Then the vectors; and what reaches the
collection later is found by a sweep.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chalicelib.domain.enrolment import Enrolment, deleted, is_known, next_generation
from chalicelib.domain.errors import NotFound, UpstreamDown
from chalicelib.domain.faces import KnownFace
from chalicelib.flows.contention import LATE_S, settled
from chalicelib.flows.face_ports import Enrolments, KnownFaces, Uploads
from chalicelib.flows.learn_faces import TRIES
from chalicelib.flows.ports import Clock, Jobs
from chalicelib.telemetry import logger, tell

_BATCH = 1000
"""Faces whose owners are read at once."""
_DOUBTFUL = 500
"""Faces that a message names at the most."""


@dataclass(frozen=True, slots=True)
class DeleteFaces:
    """What is under way for the username is stopped, too."""

    enrolments: Enrolments
    known_faces: KnownFaces
    jobs: Jobs
    clock: Clock

    def __call__(self, tenant_id: str, username: str) -> int:
        """How many faces were deleted. Raises NotFound, Busy, UpstreamDown."""
        self._known(tenant_id, username)
        # First: should we die after the registry is changed, the sweep finds the vectors.
        self.jobs.send("sweep_faces", delay_s=LATE_S, tenant_id=tenant_id)

        def attempt() -> Enrolment:
            known = self._known(tenant_id, username)
            self.enrolments.save(deleted(known, round(self.clock(), 3)))
            return known

        before = settled(attempt, tries=TRIES)
        try:
            self.known_faces.remove(tenant_id, before.face_ids)
        except UpstreamDown as exc:
            logger.warning("vectors_left_to_sweep", reason=str(exc))
        tell(faces_deleted=len(before.faces))
        return len(before.faces)

    def _known(self, tenant_id: str, username: str) -> Enrolment:
        known = self.enrolments.load(tenant_id, username)
        if known is None or not (known.faces or known.awaited):
            raise NotFound("There is no such username; check it.")
        return known


@dataclass(frozen=True, slots=True)
class SweepFaces:
    """Delete the faces of a tenant's collection that the registry does not know.

    One of an earlier generation goes at once. Of one of the present generation the registry may be about to
    be told: it is looked at again later. If it is unknown still, a new generation begins, so that whoever
    comes to know it meanwhile is refused and begins anew, and it goes, too.
    """

    enrolments: Enrolments
    known_faces: KnownFaces
    jobs: Jobs

    def __call__(self, tenant_id: str, doubtful: str = "") -> int:
        """How many faces were deleted. `doubtful`: those to be looked at again, as this flow wrote them."""
        return self._again(tenant_id, _read(doubtful)) if doubtful else self._first(tenant_id)

    def _first(self, tenant_id: str) -> int:
        lost: list[str] = []
        doubted: list[KnownFace] = []
        for faces in _batches(self.known_faces.all(tenant_id)):
            registry = self.enrolments.several(tenant_id, {face.owner for face in faces})
            for face in _unknown(faces, registry):
                owner = registry.get(face.owner)
                if owner and face.generation < owner.generation:
                    lost.append(face.face_id)
                else:
                    doubted.append(face)
        self.known_faces.remove(tenant_id, lost)
        if doubted:
            named = json.dumps([[face.face_id, face.owner, face.generation] for face in doubted[:_DOUBTFUL]])
            self.jobs.send("sweep_faces", delay_s=LATE_S, tenant_id=tenant_id, doubtful=named)
        return len(lost)

    def _again(self, tenant_id: str, faces: list[KnownFace]) -> int:
        registry = self.enrolments.several(tenant_id, {face.owner for face in faces})
        lost = _unknown(faces, registry)
        for owner in {face.owner for face in lost} & registry.keys():
            self._begin_anew(tenant_id, registry[owner])
        # Who was told of one between the look and the new generation keeps it.
        lost = _unknown(lost, self.enrolments.several(tenant_id, {face.owner for face in lost}))
        self.known_faces.remove(tenant_id, [face.face_id for face in lost])
        if len(faces) >= _DOUBTFUL:
            self.jobs.send("sweep_faces", tenant_id=tenant_id)
        return len(lost)

    def _begin_anew(self, tenant_id: str, seen: Enrolment) -> None:
        def attempt() -> None:
            known = self.enrolments.load(tenant_id, seen.username)
            if known and known.generation == seen.generation:
                self.enrolments.save(next_generation(known))

        settled(attempt, tries=TRIES)


@dataclass(frozen=True, slots=True)
class ForgetFaces:
    """Delete all that is known of a tenant's faces, with the collection.

    For a tenant that is removed, whose keys are no good any more: what is still on its way then is deleted by
    doing this again a minute later.
    """

    enrolments: Enrolments
    known_faces: KnownFaces
    uploads: Uploads

    def __call__(self, tenant_id: str) -> int:
        """How many items of the registry were deleted. Raises UpstreamDown."""
        items = self.enrolments.forget(tenant_id)
        self.known_faces.drop(tenant_id)
        self.uploads.drop_all(tenant_id)
        return items


def _unknown(faces: Iterable[KnownFace], registry: Mapping[str, Enrolment]) -> list[KnownFace]:
    return [face for face in faces if not is_known(face, registry)]


def _batches(faces: Iterator[KnownFace]) -> Iterator[list[KnownFace]]:
    batch: list[KnownFace] = []
    for face in faces:
        batch.append(face)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(doubtful: str) -> list[KnownFace]:
    return [KnownFace(*each) for each in json.loads(doubtful)]
