"""Flows that tell tenants' servers what happened."""

import random
import secrets
import time
from functools import cache

from chalicelib.flows.announce import Announce
from chalicelib.flows.deliver import Deliver, DeliverAgain
from chalicelib.flows.keep_endpoints import KeepEndpoints
from chalicelib.flows.know_endpoints import KnowEndpoints
from chalicelib.flows.tell_of_session import SendWord, TellOfSession
from chalicelib.wiring.adapters import attempts, deliveries, endpoints, jobs, sessions
from chalicelib.wiring.detecting import read_image
from chalicelib.wiring.process import new_id, settings


@cache
def keep_endpoints() -> KeepEndpoints:
    """Keep the endpoints of a tenant."""
    return KeepEndpoints(
        endpoints(), time.time, new_id, secrets.token_bytes, local_urls=settings().local_callbacks
    )


@cache
def send_word() -> SendWord:
    """Say that something happened in a session."""
    return SendWord(KnowEndpoints(endpoints(), settings().key_cache_s), jobs())


@cache
def announce() -> Announce:
    """Tell endpoints what happened."""
    return Announce(endpoints(), deliveries(), jobs(), time.time)


@cache
def tell_of_session() -> TellOfSession:
    """Tell what is true of a session."""
    return TellOfSession(sessions(), attempts(), announce())


@cache
def deliver() -> Deliver:
    """Send a message to an endpoint."""
    # What only sending needs: TLS and sockets.
    from chalicelib.webhooks.post import Post  # noqa: PLC0415
    from chalicelib.webhooks.signing import signed  # noqa: PLC0415

    return Deliver(
        keep_endpoints(),
        deliveries(),
        jobs(),
        Post(local=settings().local_callbacks),
        signed,
        read_image().link,
        time.time,
        random.random,
    )


@cache
def deliver_again() -> DeliverAgain:
    """Have a message sent again."""
    return DeliverAgain(keep_endpoints(), deliveries(), jobs())
