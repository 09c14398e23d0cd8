"""In-memory stand-ins for what the flows need of the world.

They keep the promises of `chalicelib.flows.ports`: each passes the contract suite of the adapter that it
stands for. A picture is a line of words here, and shows what it says: `person 1`, `nobody 2`, `phone 3`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from chalicelib.aws.ledger import HOUR_S, Slots
from chalicelib.domain.attention import Change
from chalicelib.domain.credentials import USED_EVERY_S, StoredKey
from chalicelib.domain.errors import BadPicture, NotFound, UpstreamDown
from chalicelib.domain.model import Page
from chalicelib.domain.policy import Overrides, Policy
from chalicelib.domain.report import Report, Summary, rfc3339
from chalicelib.domain.seen import SIGHTS, BoundingBox, Face, Findings, Kind, Look, Observation, Picture, Why
from chalicelib.domain.tenants import MINUTE_S, NO_LIMITS, Limits, Tenant
from tests import observations as show
from tests.fake_sessions import page_of
from tests.observations import STARTED_AT

Item = TypeVar("Item")
Params = ParamSpec("Params")
Place = tuple[str, str]
"""A session: its tenant and its id."""

SHOWN: Mapping[str, Callable[[int], Observation]] = {
    "person": show.seen,
    "nobody": show.empty_room,
    "guest": show.two_people,
    "away": show.turned_away,
    "phone": show.phone,
    "note": show.note,
    "covered": show.covered,
    "still": show.still,
    "outage": show.outage,
    "stranger": show.seen,
    "hazy": show.seen,
    "masked": show.masked,
}


def shown(encoded: bytes) -> Observation:
    """What is to be seen in a picture of words."""
    word, number = encoded.decode().split()
    return SHOWN[word](int(number))


def look(encoded: bytes) -> Picture:
    """The picture with its view. Raises BadPicture for one that is not of these words."""
    try:
        seen = shown(encoded)
    except (ValueError, KeyError) as exc:
        raise BadPicture("The picture cannot be decoded; encode it again.") from exc
    return Picture(encoded, "image/jpeg", seen.view, name_of(encoded))


def name_of(encoded: bytes) -> str:
    """The name of a picture with these bytes."""
    return hashlib.sha256(encoded).hexdigest()[:32]


@dataclass(slots=True)
class FakeClock:
    """Stands still until it is moved."""

    at: float = STARTED_AT

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.at


class Inline(Executor):
    """Does everything at once, in the order it was asked for."""

    def submit(
        self, fn: Callable[Params, Item], /, *args: Params.args, **kwargs: Params.kwargs
    ) -> Future[Item]:
        """The finished future."""
        future: Future[Item] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future holds whatever was raised
            future.set_exception(error)
        return future


@dataclass
class FakeEvidence:
    """Pictures in a dictionary."""

    journal: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None
    """What others do just before the next picture is stored."""
    _pictures: dict[Place, dict[str, Picture]] = field(default_factory=dict)

    def keep(self, tenant_id: str, session_id: str, picture: Picture) -> None:
        """Store a picture; the same one again changes nothing."""
        others, self.meanwhile = self.meanwhile, None
        if others:
            others()
        self._pictures.setdefault((tenant_id, session_id), {})[picture.name] = picture
        self.journal.append(f"keep {picture.encoded.decode()}")

    def link(self, tenant_id: str, session_id: str, name: str) -> str:
        """A link to a picture."""
        return f"https://pictures.test/{tenant_id}/{session_id}/{name}"

    def kept(self, tenant_id: str, session_id: str) -> Iterator[str]:
        """The names of the stored pictures."""
        return iter(sorted(self._pictures.get((tenant_id, session_id), {})))

    def drop(self, tenant_id: str, session_id: str, names: Collection[str]) -> int:
        """Delete pictures; how many there were."""
        pictures = self._pictures.get((tenant_id, session_id), {})
        for name in names:
            pictures.pop(name, None)
        self.journal.append("drop")
        return len(names)

    def shown(self, tenant_id: str, session_id: str) -> list[str]:
        """What is to be seen in the stored pictures."""
        pictures = self._pictures.get((tenant_id, session_id), {}).values()
        return sorted(
            (picture.encoded.decode() for picture in pictures), key=lambda words: int(words.split()[1])
        )


@dataclass
class FakeJobs:
    """A queue that nobody reads."""

    sent: list[dict[str, str]] = field(default_factory=list)
    delays_s: list[int] = field(default_factory=list)

    def send(self, job: str, *, delay_s: int = 0, **about: str) -> None:
        """Hand over a job."""
        self.sent.append({"job": job, **about})
        self.delays_s.append(delay_s)


@dataclass
class FakeTenants:
    """Tenants in a dictionary; `names` are there from the start."""

    names: dict[str, str] = field(default_factory=dict)
    down: bool = False
    reads: int = 0
    _tenants: dict[str, Tenant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tenant_id, name in self.names.items():
            self._tenants[tenant_id] = Tenant(tenant_id, name, rfc3339(STARTED_AT))

    def create(self, tenant_id: str, name: str, created_at: str, limits: Limits = NO_LIMITS) -> None:
        """Store a tenant."""
        self.names[tenant_id] = name
        self._tenants[tenant_id] = Tenant(tenant_id, name, created_at, limits)

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant. Raises NotFound."""
        self.reads += 1
        if self.down:
            raise UpstreamDown("The service's storage did not answer; try again.")
        return self._known(tenant_id)

    def change(self, tenant_id: str, *, name: str | None = None, policy: Overrides | None = None) -> Tenant:
        """The tenant with what is given. Raises NotFound."""
        known = self._known(tenant_id)
        changed = replace(
            known,
            name=known.name if name is None else name,
            policy=known.policy if policy is None else json.loads(json.dumps(policy)),
        )
        self._tenants[tenant_id] = changed
        return changed

    def limit(self, tenant_id: str, limits: Limits) -> Tenant:
        """The tenant with these limits. Raises NotFound."""
        self._tenants[tenant_id] = replace(self._known(tenant_id), limits=limits)
        return self._tenants[tenant_id]

    def remove(self, tenant_id: str) -> None:
        """Delete the tenant, if there is one."""
        self._tenants.pop(tenant_id, None)

    def _known(self, tenant_id: str) -> Tenant:
        if tenant_id not in self._tenants:
            raise NotFound("There is no such tenant; check its id.")
        return self._tenants[tenant_id]

    def ids(self) -> Iterator[str]:
        """All tenants."""
        return iter(list(self._tenants))


@dataclass
class FakeKeys:
    """API keys in a dictionary."""

    reads: int = 0
    down: bool = False
    """For `used` alone."""
    written: list[float] = field(default_factory=list)
    """When uses were written down."""
    _keys: dict[str, StoredKey] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, key: StoredKey) -> bool:
        """Store a new key; False if its id is taken."""
        with self._lock:
            return self._keys.setdefault(key.key_id, key) is key

    def key(self, key_id: str) -> StoredKey | None:
        """What is stored of a key."""
        self.reads += 1
        return self._keys.get(key_id)

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[StoredKey]:
        """The tenant's keys, by their ids. Raises BadInput for a foreign cursor."""
        return page_of([(key.key_id, key) for key in self._of(tenant_id)], limit, after)

    def live(self, tenant_id: str, now: float) -> int:
        """How many of the tenant's keys are good for something."""
        return sum(key.is_live(now) for key in self._of(tenant_id))

    def rename(self, tenant_id: str, key_id: str, name: str) -> StoredKey | None:
        """The key with this name; None if the tenant has no such key."""
        return self._change(tenant_id, key_id, name=name)

    def revoke(self, tenant_id: str, key_id: str) -> StoredKey | None:
        """The key, useless from now on; None if the tenant has no such key."""
        return self._change(tenant_id, key_id, revoked=True)

    def rotate(self, retired: StoredKey, new: StoredKey) -> bool:
        """Store the new key and what becomes of the old one, both or neither."""
        self.before_rotate()
        with self._lock:
            now = self._keys.get(retired.key_id)
            if now is None or now.revoked or now.replaced_by or new.key_id in self._keys:
                return False
            self._keys[new.key_id] = new
            self._keys[now.key_id] = replace(
                now,
                replaced_by=retired.replaced_by,
                revoked=retired.revoked,
                expires_at=retired.expires_at,
            )
            return True

    def before_rotate(self) -> None:
        """What happens just before: for tests of races."""

    def used(self, key_id: str, at_s: float) -> None:
        """Write down that a key is in use, unless that was done lately."""
        if self.down:
            raise UpstreamDown("The service's storage did not answer; try again.")
        key = self._keys.get(key_id)
        if key and (key.last_used_at is None or key.last_used_at <= at_s - USED_EVERY_S):
            self._keys[key_id] = replace(key, last_used_at=at_s)
            self.written.append(at_s)

    def remove(self, key_id: str) -> None:
        """Delete a key, if there is one."""
        with self._lock:
            self._keys.pop(key_id, None)

    def _of(self, tenant_id: str) -> list[StoredKey]:
        return [key for _, key in sorted(self._keys.items()) if key.tenant_id == tenant_id]

    def _change(self, tenant_id: str, key_id: str, **changes: Any) -> StoredKey | None:  # noqa: ANN401
        with self._lock:
            key = self._keys.get(key_id)
            if key is None or key.tenant_id != tenant_id:
                return None
            self._keys[key_id] = replace(key, **changes)
            return self._keys[key_id]


@dataclass
class FakeRequests:
    """Counts in memory, and takes down what it was told."""

    down: bool = False
    told: list[int] = field(default_factory=list)
    _counted: Counter[tuple[str, int]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def add(self, tenant_id: str, requests: int, now: float) -> int | None:
        """Count a tenant's requests; how many there were in the running minute, these included."""
        self.told.append(requests)
        if self.down:
            return None
        with self._lock:
            self._counted[tenant_id, int(now // MINUTE_S)] += requests
            return self._counted[tenant_id, int(now // MINUTE_S)]


@dataclass
class FakeVision:
    """Sees in a picture of words what it says, and takes down what it was asked."""

    asked: list[tuple[str, frozenset[Kind]]] = field(default_factory=list)
    audits: list[list[str]] = field(default_factory=list)

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:
        """What each picture shows; a kind that was not asked for is None and OFF."""
        self.asked += [(encoded.decode(), frozenset(kinds)) for encoded in pictures]
        return [_findings(shown(encoded), kinds, policy) for encoded in pictures]

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        """The faces in each picture."""
        self.audits.append([encoded.decode() for encoded in pictures])
        found = [_findings(shown(encoded), [Kind.FACES], policy).faces for encoded in pictures]
        return None if None in found else [faces for faces in found if faces is not None]

    @property
    def calls(self) -> list[str]:
        """The pictures it was shown."""
        return [words for words, _ in self.asked]


@dataclass
class FakeGate:
    """Doubts every frame; a trusting one, what shows another word than the frame that was asked about.

    While it is patient, another word must show twice.
    """

    trusting: bool = False

    def weigh(
        self,
        picture: Picture,
        pixels: bytes,
        glimpse: bytes,
        before: bytes,  # noqa: ARG002
        *,
        patient: bool,
    ) -> Change:
        """The kinds for which the word is another."""
        word = _word(picture.encoded)
        known = json.loads(pixels)
        doubts = {kind: Why.NEW for kind in SIGHTS if not self.trusting or known.get(kind) != word}
        if not self.trusting or not doubts:
            return Change(doubts)
        waits = patient and word.encode() != glimpse
        upheaval = not waits and known.get(Kind.FACES) != word
        return Change({} if waits else doubts, word.encode(), upheaval=upheaval)

    def draft(self, picture: Picture, pixels: bytes | None) -> object:
        """The word, and what is known."""
        return _word(picture.encoded), pixels

    def learn(
        self,
        draft: object,
        asked: Collection[Kind],
        faces: Sequence[Face],  # noqa: ARG002
        signed: Mapping[Kind, Sequence[BoundingBox]],  # noqa: ARG002
    ) -> bytes:
        """The word, by kind."""
        assert isinstance(draft, tuple)
        word, pixels = draft
        known = json.loads(pixels) if pixels else {}
        return json.dumps(known | dict.fromkeys(asked, word)).encode()


def _word(encoded: bytes) -> str:
    return encoded.decode().split()[0]


@dataclass
class FakeSummarizer:
    """Always says the same, and counts how often."""

    times: int = 0

    def summarize(self, report: Report) -> Summary:  # noqa: ARG002 - as the port has it
        """The words."""
        self.times += 1
        return Summary("rules", "It was watched; a person decides.", ())


@dataclass
class FakeLedger:
    """Counts in memory, and takes down what it was asked. `replace(ledger)` is another process's."""

    tps: int = 0
    down: bool = False
    asked: list[tuple[float, ...]] = field(default_factory=list)
    used: Counter[tuple[int, int]] = field(default_factory=Counter)
    """By slot and shard."""
    spent: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By tenant and hour."""
    _lock: Lock = field(default_factory=Lock)

    def grant(self, urgencies: Sequence[float], now: float) -> int:
        """How many of these calls, from the first on, may be made now."""
        self.asked.append(tuple(urgencies))
        if self.down:
            return 0
        if not self.tps:
            return len(urgencies)
        slots = Slots(self.tps)
        counter = slot, shard = slots.at(now), len(self.asked) % slots.shards
        with self._lock:
            calls = sum(self.used[counter] <= room for room in slots.rooms(slot, urgencies, shard))
            self.used[counter] += calls
        return calls

    def spend(self, tenant_id: str, calls: int, now: float) -> int:
        """Count a tenant's calls; how many there were in the running hour, these included."""
        if self.down:
            return 0
        hour = tenant_id, int(now // HOUR_S)
        with self._lock:
            self.spent[hour] += calls
            return self.spent[hour]


def _findings(seen: Observation, kinds: Collection[Kind], policy: Policy) -> Findings:
    faces = seen.faces
    if faces and not policy.emotions:
        faces = tuple(replace(face, emotions={}) for face in faces)
    facts: dict[str, Any] = {"faces": faces, "labels": seen.labels, "text": seen.text}
    return Findings(
        **{kind.value: facts[kind.value] if kind in kinds else None for kind in SIGHTS},
        looks={kind: seen.looks[kind] if kind in kinds else Look.OFF for kind in SIGHTS},
    )
