"""In-memory stand-ins for collections of faces, the registry of whose they are, and jobs of enrolment.

A picture is a line of words: `ada 1` shows Ada, `nobody 1` an empty room, `crowd 1` two people, and a third
word says what is wrong with the face: `ada 2 small`. Staged JPEGs are read, too.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from chalicelib.domain.enrolment import Enrolment, owner_of
from chalicelib.domain.enrolment_jobs import EnrolmentJob
from chalicelib.domain.errors import (
    BadPicture,
    Busy,
    NotAPicture,
    PictureTooLarge,
    UpstreamDown,
    VisionUnavailable,
)
from chalicelib.domain.faces import KnownFace, Match, Searched
from chalicelib.domain.model import Page
from chalicelib.domain.policy import Policy
from chalicelib.domain.seen import Face, Findings, Kind, Look, Picture, Pose
from infra.local.rekognition.staged import staged
from tests import observations as show
from tests.fake_sessions import page_of
from tests.fakes import name_of

ENGINE = "A fake 1"
NOBODY, CROWD, POOR = "nobody", "crowd", "poor"
GOOD = replace(show.face(), brightness=60.0, sharpness=80.0, face_occluded=False)
FLAWS: Mapping[str, Face] = {
    "small": replace(GOOD, box=replace(GOOD.box, width=0.05, height=0.07)),
    "dark": replace(GOOD, brightness=5.0),
    "bright": replace(GOOD, brightness=99.0),
    "blurred": replace(GOOD, sharpness=3.0),
    "turned": replace(GOOD, pose=Pose(50.0, 0.0, 0.0)),
    "covered": replace(GOOD, face_occluded=True),
}
SIMILAR, _FOREIGN = 99.0, 0.0


def look(encoded: bytes) -> Picture:
    """The picture, if it is one of words."""
    if not encoded:
        raise BadPicture("The picture is empty; send a JPEG or PNG.")
    if encoded.startswith(b"%PDF"):
        raise NotAPicture("The picture is neither JPEG nor PNG; send one of these.")
    if encoded.startswith(b"huge"):
        raise PictureTooLarge("The picture has too many bytes.")
    return Picture(encoded, "image/jpeg", show.view(), name_of(encoded))


def who(encoded: bytes) -> str:
    """Whom a picture shows: the largest face's person, or nobody."""
    if encoded.startswith(b"\xff\xd8"):
        faces = (staged(encoded) or {}).get("faces") or []
        return str(faces[0].get("person")) if faces else NOBODY
    return encoded.decode().split()[0]


@dataclass
class FakeEyes:
    """Sees the faces that a picture of words speaks of; None, as failed, while it is down."""

    asked: list[str] = field(default_factory=list)
    down: bool = False

    def look(
        self,
        pictures: Sequence[bytes],
        kinds: Collection[Kind],
        policy: Policy,  # noqa: ARG002
    ) -> list[Findings]:
        """What each picture shows."""
        assert set(kinds) == {Kind.FACES}
        self.asked += [encoded.decode() for encoded in pictures]
        return [self._findings(encoded) for encoded in pictures]

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        """Never asked here."""
        raise NotImplementedError

    def _findings(self, encoded: bytes) -> Findings:
        faces = None if self.down else _faces(encoded.decode().split())
        looked = Look.FAILED if faces is None else Look.ASKED
        return Findings(faces=faces, looks={Kind.FACES: looked})


def _faces(words: list[str]) -> tuple[Face, ...]:
    flaw = words[2] if len(words) > 2 else ""
    if words[0] == NOBODY:
        return ()
    return (GOOD, GOOD) if words[0] == CROWD else (FLAWS.get(flaw, GOOD),)


@dataclass
class FakeKnownFaces:
    """Faces by tenant: two of one person are similar, and no others."""

    added: list[str] = field(default_factory=list)
    searched: int = 0
    down: bool = False
    meanwhile: Callable[[], object] | None = None
    """What others do while the next picture is searched for."""
    _faces: dict[str, dict[str, tuple[KnownFace, bytes]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(
        self, tenant_id: str, owner: str, encoded: bytes, *, generation: int = 0
    ) -> tuple[KnownFace, str] | None:
        """Add the largest face of a picture, and who did so, with its version; None if it found none."""
        self._check()
        if who(encoded) in {NOBODY, POOR}:
            return None
        face = self._kept(tenant_id, owner, encoded, generation)
        self.after_add()
        return face, ENGINE

    def after_add(self) -> None:
        """What happens just after a face was added: for tests of races."""

    def search(self, tenant_id: str, encoded: bytes, *, at_least: float) -> Searched:
        """The known faces at least so similar to the picture's largest face."""
        self._check()
        self.searched += 1
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        if who(encoded) == NOBODY:
            return Searched((), ENGINE, found=False)
        with self._lock:
            if tenant_id not in self._faces:
                return Searched((), ENGINE, collected=False)
            known = list(self._faces[tenant_id].values())
        matches = [
            Match(face, SIMILAR if who(picture) == who(encoded) else _FOREIGN) for face, picture in known
        ]
        return Searched(tuple(match for match in matches if match.similarity >= at_least), ENGINE)

    def remove(self, tenant_id: str, face_ids: Collection[str]) -> None:
        """Delete faces, as far as they are there."""
        self._check()
        with self._lock:
            for face_id in face_ids:
                self._faces.get(tenant_id, {}).pop(face_id, None)

    def all(self, tenant_id: str) -> Iterator[KnownFace]:
        """All of the tenant's faces."""
        self._check()
        return iter([face for face, _ in self._faces.get(tenant_id, {}).values()])

    def drop(self, tenant_id: str) -> None:
        """Delete the tenant's faces."""
        self._check()
        self._faces.pop(tenant_id, None)

    def _kept(self, tenant_id: str, owner: str, encoded: bytes, generation: int) -> KnownFace:
        with self._lock:
            self.added.append(who(encoded))
            faces = self._faces.setdefault(tenant_id, {})
            for known, picture in faces.values():
                if (known.owner, known.generation, picture) == (owner, generation, encoded):
                    return known
            face = KnownFace(f"face-{len(self.added)}", owner, generation)
            faces[face.face_id] = (face, encoded)
            return face

    def _check(self) -> None:
        if self.down:
            raise VisionUnavailable("ThrottlingException")


@dataclass
class FakeEnrolments:
    """The registry in a dictionary."""

    stored: dict[tuple[str, str], Enrolment] = field(default_factory=dict)
    down: bool = False
    read: int = 0
    _lock: Lock = field(default_factory=Lock)

    def load(self, tenant_id: str, username: str) -> Enrolment | None:
        """What is known of the username."""
        self.read += 1
        if self.down:
            raise UpstreamDown("The registry of faces did not answer; try again.")
        return self.stored.get((tenant_id, owner_of(tenant_id, username)))

    def faces_of(self, tenant_id: str, username: str) -> tuple[str, ...] | None:
        """The ids of the username's faces; None if it is not enrolled."""
        known = self.load(tenant_id, username)
        return tuple(face.face_id for face in known.faces) if known and known.faces else None

    def several(self, tenant_id: str, owners: Collection[str]) -> Mapping[str, Enrolment]:
        """What is known of these owners, by owner."""
        places = ((tenant_id, owner) for owner in owners)
        return {place[1]: self.stored[place] for place in places if place in self.stored}

    def save(self, enrolment: Enrolment) -> Enrolment:
        """Store the enrolment's next version. Raises Busy if another was stored since it was read."""
        self.before_save()
        place = (enrolment.tenant_id, enrolment.owner)
        with self._lock:
            known = self.stored.get(place)
            if enrolment.version != (known.version if known else 0):
                raise Busy("It was changed at the same time; send it again.")
            self.stored[place] = replace(enrolment, version=enrolment.version + 1)
            return self.stored[place]

    def before_save(self) -> None:
        """What happens just before: for tests of races."""

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Enrolment]:
        """Enrolments that have faces."""
        listed = [
            (owner, each)
            for (whose, owner), each in sorted(self.stored.items())
            if whose == tenant_id and each.faces
        ]
        return page_of(listed, limit, after)

    def forget(self, tenant_id: str) -> int:
        """Delete everything of the tenant."""
        places = [place for place in self.stored if place[0] == tenant_id]
        for place in places:
            del self.stored[place]
        return len(places)


@dataclass
class FakeEnrolmentJobs:
    """Jobs in a dictionary."""

    stored: dict[tuple[str, str], EnrolmentJob] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def load(self, tenant_id: str, job_id: str) -> EnrolmentJob | None:
        """The job; None if there is none."""
        return self.stored.get((tenant_id, job_id))

    def save(self, job: EnrolmentJob) -> EnrolmentJob:
        """Store the job's next version. Raises Busy if another was stored since."""
        place = (job.tenant_id, job.job_id)
        with self._lock:
            known = self.stored.get(place)
            if job.version != (known.version if known else 0):
                raise Busy("It was changed at the same time; send it again.")
            self.stored[place] = replace(job, version=job.version + 1)
            return self.stored[place]


@dataclass
class FakeUploads:
    """Pictures of jobs in a dictionary."""

    kept: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def put(self, tenant_id: str, job_id: str, pictures: Sequence[bytes]) -> None:
        """Store the pictures of a job."""
        self.kept[tenant_id, job_id] = list(pictures)

    def get(self, tenant_id: str, job_id: str) -> list[bytes] | None:
        """The pictures of a job; None if they are gone."""
        return self.kept.get((tenant_id, job_id))

    def drop(self, tenant_id: str, job_id: str) -> None:
        """Delete the pictures of a job."""
        self.kept.pop((tenant_id, job_id), None)

    def drop_all(self, tenant_id: str) -> int:
        """Delete the pictures of all jobs of a tenant."""
        places = [place for place in self.kept if place[0] == tenant_id]
        for place in places:
            del self.kept[place]
        return len(places)
