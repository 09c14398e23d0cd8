"""The threads that the service's parts share."""

import pytest

from chalicelib import wiring


def test_what_has_time_is_done_all_the_same() -> None:
    assert wiring.aside().submit(max, 1, 2).result() == 2

    with pytest.raises(ZeroDivisionError):
        wiring.aside().submit(divmod, 1, 0).result()
