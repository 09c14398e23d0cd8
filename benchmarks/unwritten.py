"""The service's log, made and not written: a function hands its lines to the cloud for nothing."""

import logging
import os
from pathlib import Path


def leave_log_unwritten() -> None:
    """Send the lines of this process nowhere. What making them costs is measured with all else."""
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - it stays as long as the process
    for handler in logging.getLogger("proctoring").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(nowhere)
