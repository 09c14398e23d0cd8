"""What several contract suites stand on."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.contract.cloud import Cloud, offline_cloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with offline_cloud() as made:
        yield made


@pytest.fixture
def tenant() -> str:
    """A tenant of the test's own: the cloud is everybody's."""
    return uuid4().hex
