"""One emulator for all tests, with an S3 beside it, and pictures to show it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import cv2
import numpy as np
import pytest
import skimage
from moto.server import ThreadedMotoServer
from numpy.typing import NDArray

from tests.rekognition.emulator import ROOT, Emulator

if TYPE_CHECKING:
    from mypy_boto3_rekognition.client import RekognitionClient
    from mypy_boto3_s3.client import S3Client

Pixels = NDArray[np.uint8]


def jpeg_of(pixels: Pixels, quality: int = 92) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def packaged(name: str) -> Pixels:
    """A picture that comes inside scikit-image's wheel."""
    pixels = cv2.imread(str(Path(skimage.__file__).parent / "data" / name), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.astype(np.uint8, copy=False)


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3(s3_url: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=s3_url,
        region_name="us-east-1",
        aws_access_key_id="offline",
        aws_secret_access_key="offline",
    )


@pytest.fixture(scope="session")
def shared_emulator(s3_url: str) -> Iterator[Emulator]:
    running = Emulator("--s3-endpoint", s3_url)
    yield running
    running.stop()


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    """The shared emulator, left as it was found."""
    yield shared_emulator
    for path in ("/_faults", "/_answers", "/_calls"):
        shared_emulator.control("DELETE", path)
    client = shared_emulator.client()
    for name in client.list_collections()["CollectionIds"]:
        client.delete_collection(CollectionId=name)


@pytest.fixture
def rekognition(emulator: Emulator) -> "RekognitionClient":
    return emulator.client()


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., Emulator]]:
    """Start an emulator of its own, with options. The Haar engine is up soonest."""
    started: list[Emulator] = []

    def run(*options: str) -> Emulator:
        started.append(Emulator("--engine", "haar", *options))
        return started[-1]

    yield run
    for running in started:
        running.stop()


@pytest.fixture
def real_engine(emulator: Emulator) -> None:
    health = emulator.control("GET", "/_health")
    if health["engine"] != "mediapipe":
        pytest.skip(f"needs the mediapipe engine, this is {health['engine']}: {health['lacks']}")


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """A public-domain portrait of one smiling person who looks into the camera."""
    return jpeg_of(packaged("astronaut.png"))


@pytest.fixture(scope="session")
def coffee() -> bytes:
    """A cup and nobody."""
    return jpeg_of(packaged("coffee.png"))


@pytest.fixture(scope="session")
def grey() -> bytes:
    """A picture of nothing, to be staged."""
    return jpeg_of(np.full((480, 640, 3), 128, np.uint8))


@pytest.fixture(scope="session")
def media() -> Path:
    found = Path(os.environ.get("PROCTORING_MEDIA", ROOT.parent / "shared" / "media"))
    if not (found / "labels.json").is_file():
        pytest.skip(f"the labelled pictures are not at {found}: name their folder in PROCTORING_MEDIA")
    return found
