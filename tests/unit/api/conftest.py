"""The service that the HTTP tests of a module share."""

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from tests.unit.api.service import Service, running_service
from tests.unit.vision.rekognition_server import EMPTY, answers


@pytest.fixture(scope="module")
def shared_service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def service(shared_service: Service) -> Service:
    """The service with a tenant of the test's own, and a Rekognition that sees nothing yet."""
    shared_service.key = wiring.open_tenant()("Acme Hiring").text
    shared_service.rekognition.behave = {name: answers(reply) for name, reply in EMPTY.items()}
    shared_service.rekognition.asked.clear()
    return shared_service
