"""What a process has one of: its settings, its threads, its clients of AWS."""

import gc
import secrets
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import boto3
from botocore.config import Config

from chalicelib import __version__
from chalicelib.settings import Settings, from_environment

Params = ParamSpec("Params")
Made = TypeVar("Made")

_HEAD_START_S = 0.02
"""Three calls are sent in less; Rekognition takes ten times as long."""
# Where one process serves many (`make serve`): a hundred frames a second, of three calls of 0.25 s each, keep
# 75 busy.
_THREADS = 128
_PICTURES = 8
"""Pictures that a process learns from at once: apart, for each waits for calls in the other threads."""

# botocore's own 60 s would outlive the gateway's 29 s. Two tries of Rekognition fit its deadline.
QUICK = Config(
    connect_timeout=1.5,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=_THREADS,
    tcp_keepalive=True,
    parameter_validation=False,  # the table says it, too; looking through every item takes 0.1 ms
    user_agent=f"proctoring/{__version__}",  # else built anew for every call, in 0.08 ms
)
VISION = QUICK.merge(
    Config(connect_timeout=1.5, read_timeout=3.5, retries={"mode": "standard", "total_max_attempts": 2})
)
# Links are signed for the bucket's own region: new buckets refuse the older signature, and redirect.
PICTURES = QUICK.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))

_making_client = Lock()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return from_environment()


class _Threads(ThreadPoolExecutor):
    """Threads that know whose request they work for: the log's ids travel with each call."""

    def submit(
        self, fn: Callable[Params, Made], /, *args: Params.args, **kwargs: Params.kwargs
    ) -> Future[Made]:
        """As `Executor.submit`."""
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))


@cache
def pool() -> Executor:
    """Threads that wait for other services."""
    return _Threads(_THREADS, thread_name_prefix="call")


@cache
def pictures_pool() -> Executor:
    """Threads that learn from pictures."""
    return _Threads(_PICTURES, thread_name_prefix="picture")


class _Unhurried(Executor):
    """Begins a bit later, when calls that the caller waits for are on their way: they need the processor."""

    def submit(
        self, fn: Callable[Params, Made], /, *args: Params.args, **kwargs: Params.kwargs
    ) -> Future[Made]:
        """As `Executor.submit`."""

        def later() -> Made:
            time.sleep(_HEAD_START_S)
            return fn(*args, **kwargs)

        return pool().submit(later)


@cache
def aside() -> Executor:
    """The same threads, for what has time until the provider has answered."""
    return _Unhurried()


@cache
def client(service: str, config: Config = QUICK) -> Any:  # noqa: ANN401 - each adapter names its client's type
    """A client of one of AWS's services."""
    with _making_client:  # boto3's default session is not safe to make two clients at once
        made = boto3.client(service, config=config)  # type: ignore[call-overload]
        # Its models are some hundred thousand objects that stay: no collection need look through them again,
        # which takes a tenth of a second, in the middle of a frame.
        gc.freeze()
        return made


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def new_id() -> str:
    """An id that nobody can guess."""
    return uuid.uuid4().hex


def new_sorted_id() -> str:
    """An id that sorts by the time it was made: 12 hex digits of milliseconds, 20 of chance."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def session_s() -> float:
    """How long a session may last, in seconds."""
    return settings().session_hours * 3600.0
