"""Image jobs and their pictures in memory, for flows and contract suites."""

from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import Busy
from chalicelib.domain.image_jobs import ImageJob, UploadForm
from chalicelib.domain.policy import KEEP_IMAGES_DAYS


@dataclass(slots=True)
class FakeImageJobs:
    """As `chalicelib.aws.image_jobs` keeps them."""

    kept: dict[tuple[str, str], ImageJob] = field(default_factory=dict)

    def load(self, tenant_id: str, image_id: str) -> ImageJob | None:
        return self.kept.get((tenant_id, image_id))

    def save(self, job: ImageJob) -> ImageJob:
        known = self.kept.get((job.tenant_id, job.image_id))
        if (known.version if known else 0) != job.version:
            raise Busy("It was changed at the same time; send it again.")
        saved = replace(job, version=job.version + 1 if job.version else int(job.created_at * 1000))
        self.kept[job.tenant_id, job.image_id] = saved
        return saved

    def remove(self, tenant_id: str, image_id: str) -> None:
        self.kept.pop((tenant_id, image_id), None)

    def forget(self, tenant_id: str) -> int:
        own = [place for place in self.kept if place[0] == tenant_id]
        for place in own:
            del self.kept[place]
        return len(own)


@dataclass(slots=True)
class FakeJobPictures:
    """As `chalicelib.aws.job_pictures` keeps them, by their keys."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, tenant_id: str, name: str, encoded: bytes, media_type: str) -> None:
        assert media_type.startswith("image/")
        self.kept[f"pictures/{tenant_id}/{name}"] = encoded

    def get(self, tenant_id: str, name: str, *, uploaded: bool) -> bytes | None:
        return self.kept.get(f"{'uploads' if uploaded else 'pictures'}/{tenant_id}/{name}")

    def drop(self, tenant_id: str, name: str) -> None:
        for place in ("pictures", "uploads"):
            self.kept.pop(f"{place}/{tenant_id}/{name}", None)

    def erase(self, tenant_id: str, image_id: str) -> None:
        for key in [key for key in self.kept if f"/{tenant_id}/{image_id}." in key]:
            del self.kept[key]

    def form(self, tenant_id: str, name: str, *, most_bytes: int, expires_s: int) -> UploadForm:
        told = {"key": f"uploads/{tenant_id}/{name}", "policy": f"{most_bytes} {expires_s}"}
        return UploadForm("https://bucket.example/", told)

    def keep_annotated(self, job: ImageJob, annotated: bytes) -> None:
        self.kept[_annotated(job)] = annotated

    def annotated(self, job: ImageJob) -> bytes | None:
        return self.kept.get(_annotated(job))

    def link(self, job: ImageJob) -> str:
        return f"https://bucket.example/{_annotated(job)}"

    def drop_annotated(self, job: ImageJob) -> None:
        self.kept.pop(_annotated(job), None)

    def drop_all(self, tenant_id: str) -> None:
        places = ("pictures", "uploads", *(f"images/{days}" for days in KEEP_IMAGES_DAYS))
        begin = tuple(f"{place}/{tenant_id}/" for place in places)
        for key in [key for key in self.kept if key.startswith(begin)]:
            del self.kept[key]


def _annotated(job: ImageJob) -> str:
    return f"images/{job.keep_days}/{job.tenant_id}/{job.image_id}.jpg"
