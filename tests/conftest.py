"""How two processes share the tests out: `make test PROCESSES=2`."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/deploy/",)
"""Folders whose tests share what is dear to make: a deployment."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # no type information is published for it
    """The tests of a file, or of such a folder, run in one process and share its fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((each for each in TOGETHER if nodeid.startswith(each)), None)
        return folder or nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Our way, whatever --dist says: xdist's own groups do not work with this pytest."""
    return ByFile(config, log)
