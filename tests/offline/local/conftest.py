"""What the tests of the offline cloud share."""

import uuid
from collections.abc import Callable

import pytest


@pytest.fixture
def new_name() -> Callable[[str], str]:
    """Names of resources that no other test has made."""
    return lambda what: f"{what}-{uuid.uuid4().hex[:8]}"
