"""The threads that the service's parts share."""

from concurrent.futures import Executor
from contextvars import ContextVar

import pytest

from chalicelib import wiring

REQUEST = ContextVar("REQUEST", default="none")


def test_what_has_time_is_done_all_the_same() -> None:
    assert wiring.aside().submit(max, 1, 2).result() == 2

    with pytest.raises(ZeroDivisionError):
        wiring.aside().submit(divmod, 1, 0).result()


@pytest.mark.parametrize("executor", [wiring.pool(), wiring.aside()], ids=["pool", "aside"])
def test_a_thread_knows_the_request_that_it_works_for(executor: Executor) -> None:
    before = REQUEST.set("r-1")
    asked = executor.submit(REQUEST.get)
    REQUEST.reset(before)

    assert asked.result() == "r-1"
    assert executor.submit(REQUEST.get).result() == "none"
