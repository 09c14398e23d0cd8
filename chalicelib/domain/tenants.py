"""Tenants: who they are, what they agreed on, and how much of the service they may use."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.errors import TooManyRequests

MINUTE_S, DAY_S = 60, 86_400


@dataclass(frozen=True, slots=True)
class Limits:
    """What a tenant may use, as the operator has set it; 0 for no limit of the tenant's own.

    Raises ValueError for a number below 0.
    """

    requests_per_minute: int = 0
    """Requests with the tenant's keys and by its staff, none of candidates; minutes are the clock's."""
    sessions_per_day: int = 0
    """Sessions that are started; days are those of UTC."""
    usd_per_hour: float = 0.0
    """Calls to the provider at `USD_PER_CALL`; it takes the place of `TENANT_USD_PER_HOUR`."""

    def __post_init__(self) -> None:
        if min(self.requests_per_minute, self.sessions_per_day, self.usd_per_hour) < 0:
            raise ValueError("a limit must be 0, for none, or more")


NO_LIMITS = Limits()


def unlimited(_tenant_id: str) -> Limits:
    """The limits of every tenant, where none has any."""
    return NO_LIMITS


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, as it is stored."""

    tenant_id: str
    name: str
    created_at: str
    """RFC 3339, UTC."""
    limits: Limits = NO_LIMITS
    policy: Mapping[str, Any] = field(default_factory=dict)
    """The tenant's own layer of every session's policy: `chalicelib.domain.policy.Overrides`."""


def day(at_s: float) -> str:
    """The day in UTC, as 2027-01-15."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d")


def until_next(length_s: int, now: float) -> int:
    """Whole seconds until the next minute, hour or day of the clock begins: at least one."""
    return math.ceil(length_s - now % length_s)


def day_is_used_up(limit: int, now: float) -> TooManyRequests:
    """What is said to one who starts a session too many."""
    return TooManyRequests(
        f"All {limit} sessions of today are started; start it tomorrow (UTC), or ask for a higher limit.",
        until_next(DAY_S, now),
    )
