"""How many candidates one process of the service holds: sessions that each send a frame a second.

An open loop: every frame is sent when its time has come, whether or not the one before it was answered, on an
idle keep-alive connection or a new one. The service runs behind the local gateway in one process, this
generator in another, the slow cloud in a third; app and policy are as they come, and every session shows
somebody who sits there (`pictures.sitting`).

The overhead of a frame is its time minus what any implementation would wait for: one write of DynamoDB and,
where it asks, one read and the slowest of the calls that were made for its picture, as long as the stub of
the cloud really took for it; for an audit, whose picture is a mosaic, as long as the stub was told to take.
What the gateway and the machine's other programs add is in it, and so is every further call in a row.
"""

import asyncio
import base64
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import quantiles
from urllib.parse import urlsplit

from benchmarks.pictures import sitting
from benchmarks.running import SlowCloud, service
from benchmarks.slow_cloud import DYNAMODB_MS, PROVIDER_MS, mark
from infra.local.player import Api

SESSIONS, SECONDS, WARM_UP_S = 100, 60, 60
JOINING_S = 20
"""Candidates do not all start in one second: they join one by one, within the warm-up. It lasts until audits
are trusted, as they are for most of an hour."""
SEED = 20
FEWEST = 20
"""Frames that must be answered; with fewer there is no 95th percentile."""
_PICTURES = 60
_MIRRORED = [*range(_PICTURES), *range(_PICTURES - 2, 0, -1)]
_ASKED = b'"faces":"asked"'
"""In the answer of a frame whose face was looked at."""
_PATIENCE_S = 30.0
"""How long frames that are on their way at the end are waited for."""


@dataclass(frozen=True, slots=True)
class Load:
    """Overhead of a frame in milliseconds; frames that were answered each second; frames that were not."""

    sessions: int
    p50_overhead_ms: float
    p95_overhead_ms: float
    frames_per_s: float
    failed: int
    cloud_late_ms: float
    """How much longer than it should the stub took for a call, 95th percentile; a quiet machine: about 1."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame: when it was sent and how long its answer took, in seconds; 0 as status: there was none."""

    picture: str
    sent_at: float
    took_s: float
    status: int
    asked: bool = False
    """Whether a call was made for it."""


def measure(sessions: int = SESSIONS, seconds: int = SECONDS) -> Load:
    """Send frames for so long after a warm-up. Raises StartError; RuntimeError if none is answered."""
    with SlowCloud() as cloud, service(cloud) as api:
        generator = _Generator(api, [api.start() for _ in range(sessions)])
        asyncio.run(generator.run(seconds + WARM_UP_S))
        times = cloud.times()
    counted = [each for each in generator.sent if each.sent_at >= WARM_UP_S]
    overheads = [overhead_ms(each, times.pictures) for each in counted if each.status == HTTPStatus.OK]
    if len(overheads) < FEWEST:
        became = Counter(str(each.status or "no answer") for each in counted)
        raise RuntimeError(f"only {len(overheads)} of {len(counted)} frames were answered: {dict(became)}")
    cuts = quantiles(overheads, n=20)
    return Load(
        sessions=sessions,
        p50_overhead_ms=round(cuts[9], 1),
        p95_overhead_ms=round(cuts[18], 1),
        frames_per_s=round(_answered_per_s(generator.sent, seconds), 1),
        failed=len(counted) - len(overheads),
        cloud_late_ms=times.late_ms,
    )


def shown(number: int, seq: int) -> int:
    """Which picture a session's frame shows: back and forth, at no beat, as no recording does."""
    drawn = random.Random(number)
    place = drawn.randrange(_PICTURES)
    for _ in range(seq):
        place += drawn.choice((1, 1, 1, -1))
    return int(_MIRRORED[place % len(_MIRRORED)])


def overhead_ms(sent: Sent, pictures: Mapping[str, Mapping[str, float]]) -> float:
    """What of the frame's time no implementation would have had to wait for."""
    by_an_audit_s = PROVIDER_MS / 1000 if sent.asked else 0.0
    slowest_s = max(pictures.get(sent.picture, {}).values(), default=by_an_audit_s)
    return (sent.took_s - slowest_s) * 1000 - DYNAMODB_MS * (2 if sent.asked else 1)


def _answered_per_s(sent: Sequence[Sent], seconds: int) -> float:
    answered_at = [each.sent_at + each.took_s - WARM_UP_S for each in sent if each.status == HTTPStatus.OK]
    return sum(0 <= at_s < seconds for at_s in answered_at) / seconds


@dataclass(slots=True)
class _Generator:
    api: Api
    sessions: Sequence[Mapping[str, str]]
    sent: list[Sent] = field(default_factory=list)
    _pictures: list[bytes] = field(default_factory=lambda: list(sitting(640, 480, _PICTURES)))
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    _began: float = 0.0

    async def run(self, seconds: float) -> None:
        """Send every session's frames, the sessions spread over the second."""
        self._began = time.perf_counter()
        frames: list[asyncio.Task[None]] = []
        joined_s = [int(JOINING_S * each / len(self.sessions)) for each in range(len(self.sessions))]
        random.Random(SEED).shuffle(joined_s)  # who joins together does not send together
        for second in range(int(seconds)):
            for number, session in enumerate(self.sessions):
                share = number / len(self.sessions)
                seq = second + 1 - joined_s[number]
                await asyncio.sleep(max(0.0, second + share - self._now_s()))
                if seq >= 1:
                    frames.append(asyncio.create_task(self._send(session, number, seq)))
        await asyncio.wait(frames, timeout=_PATIENCE_S)

    async def _send(self, session: Mapping[str, str], number: int, seq: int) -> None:
        # Bytes behind a JPEG's end change nothing in the picture, and make each one of its own.
        picture = self._pictures[shown(number, seq)] + f"{number:06d}{seq:06d}".encode()
        request = _request(self.api.url, session, seq, picture)
        sent_at, status, asked = self._now_s(), 0, False
        try:
            status, answer = await self._exchange(request)
            asked = _ASKED in answer
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self.sent.append(Sent(mark(picture), sent_at, self._now_s() - sent_at, status, asked))

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        url = urlsplit(self.api.url)
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection(url.hostname, url.port)
        )
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        self._idle.append((reader, writer))
        return int(head.split(b" ", 2)[1]), answer

    def _now_s(self) -> float:
        return time.perf_counter() - self._began


def _request(url: str, session: Mapping[str, str], seq: int, picture: bytes) -> bytes:
    body = json.dumps({"frame": base64.b64encode(picture).decode(), "seq": seq}).encode()
    head = (
        f"POST /api/sessions/{session['session_id']}/frame HTTP/1.1\r\n"
        f"Host: {urlsplit(url).netloc}\r\n"
        f"Authorization: Bearer {session['session_token']}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
