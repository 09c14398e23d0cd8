"""What Rekognition says of pictures, asked once: two emulators, and a Vision that repeats what they said."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import botocore.session
from botocore.config import Config

from chalicelib.aws.codec import pack, unpack
from chalicelib.domain.faces import Compared
from chalicelib.domain.policy import Policy
from chalicelib.domain.report import OPERATIONS
from chalicelib.domain.seen import SIGHTS, Face, Findings, Kind, Label, Look, picture_name
from chalicelib.flows.face_ports import Comparison
from chalicelib.flows.ports import Vision
from chalicelib.vision.rekognition.comparison import Comparison as CompareFaces
from chalicelib.vision.rekognition.looks import Rekognition
from infra.local.cloud import EMULATOR_PYTHON, LOGS, REGION
from infra.local.program import HOST, Program, free_port

if TYPE_CHECKING:
    from types import TracebackType

PHONE = Label("Mobile Phone", 93.0, parents=("Electronics", "Phone"))
"""What is added to the labels of a picture with a phone: the emulator has no model for one."""

_EMULATORS, _THREADS = 2, 3
_PATIENCE_S = 120.0
"""A busy machine is not an outage."""


@dataclass(slots=True)
class Emulators:
    """Two of them side by side, started by `with`: each has one lock for all its Python."""

    eyes: list[Vision] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    _turns: Iterator[int] = field(default_factory=count)
    _running: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Raises StartError."""
        with ExitStack() as started:
            pool = started.enter_context(ThreadPoolExecutor(len(SIGHTS) * _THREADS))
            urls = [start_emulator(started, number) for number in range(_EMULATORS)]
            for program, url in urls:
                program.wait_until_answers(f"{url}/_health")
                client = emulator_client(url)
                self.eyes.append(Rekognition(client, pool, deadline_s=_PATIENCE_S))
                self.comparisons.append(CompareFaces(client, bucket=""))
            self._running = started.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._running.close()

    def look(self, encoded: bytes) -> Findings:
        """All that one of them says of a picture. Raises RuntimeError if it does not answer."""
        # One emulator for all kinds: it remembers what it saw, and labels derive from the rest.
        (found,) = self._next.look([encoded], SIGHTS, Policy())
        if set(found.looks.values()) != {Look.ASKED}:
            raise RuntimeError(f"the emulator did not answer, {dict(found.looks)}; its log is in {LOGS}")
        return found

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]]:
        """The faces in each tile. Raises RuntimeError if it does not answer."""
        tiles = self._next.audit(pictures, policy)
        if tiles is None:
            raise RuntimeError(f"the emulator did not answer to an audit; its log is in {LOGS}")
        return tiles

    def compare(self, reference: bytes, encoded: bytes) -> Compared:
        """How like the faces of a picture are to that of a reference. Raises VisionUnavailable."""
        turn = next(self._turns) % len(self.comparisons)
        return self.comparisons[turn].compare_pictures(reference, encoded)

    @property
    def _next(self) -> Vision:
        return self.eyes[next(self._turns) % len(self.eyes)]


@dataclass(slots=True)
class Recorded:
    """The flows' Vision. It counts what it is asked, as a provider would bill it."""

    emulators: Emulators
    folder: Path | None = None
    """Keeps the answers for other runs, where it is given."""
    calls: Counter[str] = field(default_factory=Counter)
    """Operation to the times that it was asked."""
    answers: dict[str, Findings] = field(default_factory=dict)
    audits: dict[tuple[str, ...], list[tuple[Face, ...]]] = field(default_factory=dict)
    compared: dict[tuple[str, str], Compared] = field(default_factory=dict)

    def record(self, pictures: Iterable[bytes], phones: Collection[bytes] = ()) -> None:
        """Ask about pictures that are not known yet; `phones` are those that show one."""
        unknown = [each for each in pictures if picture_name(each) not in self.answers]
        with ThreadPoolExecutor(_THREADS) as pool:
            for encoded, found in zip(unknown, pool.map(self._ask, unknown), strict=True):
                labels = (*(found.labels or ()), *([PHONE] if encoded in phones else []))
                self.answers[picture_name(encoded)] = replace(found, labels=labels)

    def counted_apart(self) -> "Recorded":
        """The same recording, with a count of its own."""
        return replace(self, calls=Counter())

    def look(self, pictures: Sequence[bytes], kinds: Collection[Kind], policy: Policy) -> list[Findings]:  # noqa: ARG002 - as the port has it
        """What was recorded of each picture."""
        self.calls.update(OPERATIONS[kind] for kind in kinds for _ in pictures)
        return [_only(self.answers[picture_name(encoded)], kinds) for encoded in pictures]

    def audit(self, pictures: Sequence[bytes], policy: Policy) -> list[tuple[Face, ...]] | None:
        """The faces in each picture, of a mosaic that is really made and really looked at."""
        self.calls[OPERATIONS[Kind.FACES]] += 1
        names = tuple(map(picture_name, pictures))
        if names not in self.audits:
            self.audits[names] = self.emulators.audit(pictures, policy)
        return self.audits[names]

    def compare_pictures(self, reference: bytes, encoded: bytes) -> Compared:
        """How like the faces of a picture are to that of a reference, asked once."""
        self.calls[OPERATIONS[Kind.IDENTITY]] += 1
        names = picture_name(reference), picture_name(encoded)
        if names not in self.compared:
            self.compared[names] = self.emulators.compare(reference, encoded)
        return self.compared[names]

    def _ask(self, encoded: bytes) -> Findings:
        kept = self.folder / picture_name(encoded) if self.folder else None
        if kept and kept.exists():
            return unpack(Findings, kept.read_bytes())
        found = self.emulators.look(encoded)
        if kept:
            kept.write_bytes(pack(found))
        return found


def _only(found: Findings, kinds: Collection[Kind]) -> Findings:
    return Findings(
        faces=found.faces if Kind.FACES in kinds else None,
        labels=found.labels if Kind.LABELS in kinds else None,
        text=found.text if Kind.TEXT in kinds else None,
        looks={kind: Look.ASKED if kind in kinds else Look.OFF for kind in SIGHTS},
    )


def start_emulator(running: ExitStack, number: int) -> tuple[Program, str]:
    """An emulator that ends with the stack, and where it answers."""
    port = free_port()
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"rekognition-bench-{number}.log"
    log.unlink(missing_ok=True)
    arguments = ("--port", str(port))
    program = Program(
        "The Rekognition emulator",
        "infra.local.rekognition",
        arguments,
        os.environ,
        str(EMULATOR_PYTHON),
        log,
    )
    program.start()
    running.callback(program.stop)
    return program, f"http://{HOST}:{port}"


def emulator_client(url: str) -> Any:  # noqa: ANN401 - boto3's
    """A boto3 client of an emulator, whatever the environment says."""
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.session.Session(botocore_session=session).client(
        "rekognition",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="offline",
        aws_secret_access_key="offline",  # noqa: S106 - nobody checks it
        config=Config(proxies={}, read_timeout=_PATIENCE_S, max_pool_connections=len(SIGHTS) * _THREADS),
    )
