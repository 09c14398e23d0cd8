"""Start a session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from chalicelib.domain import rules
from chalicelib.domain.errors import Conflict, NotFound, SessionExists
from chalicelib.domain.model import AttemptOf, Session, Ticket
from chalicelib.domain.policy import Overrides, Policy, layered
from chalicelib.flows.ports import Clock, Sessions, Tenants
from chalicelib.flows.tickets import check_ticket
from chalicelib.telemetry import Metric, count

NOTHING: Overrides = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A new session; with a ticket, the same request again answers the session that the first one made."""

    sessions: Sessions
    tenants: Tenants
    clock: Clock
    new_id: Callable[[], str]
    emotions_allowed: bool

    def __call__(
        self,
        tenant_id: str,
        *,
        session_id: str | None,
        policy: Overrides,
        job: Mapping[str, Any],
        candidate: Mapping[str, Any],
        consent: Mapping[str, Any],
        ticket: Ticket | None = None,
        attempt: AttemptOf | None = None,
        accommodation: Overrides = NOTHING,
    ) -> Session:
        """The session, under the tenant's own policy with `policy` over it.

        The accommodation of an attempt's candidate lies over both; the session notes what it changes.

        Raises BadInput, SessionExists, Conflict for a ticket used for another request, TooManyRequests if the
        tenant's sessions of the day are used up.
        """
        tenant = self.tenants.tenant(tenant_id)
        common = self._policy(tenant.policy, policy)
        chosen = self._policy(tenant.policy, policy, accommodation)
        if ticket and (made := self._made_with(tenant_id, ticket)):
            return made
        session = Session(
            tenant_id=tenant_id,
            session_id=session_id or self.new_id(),
            started_at=round(self.clock(), 3),
            policy=chosen,
            job=job,
            candidate=candidate,
            consent=consent,
            attempt=attempt and replace(attempt, accommodated=_changed(common, chosen)),
        )
        try:
            self.sessions.create(session, ticket, tenant.limits.sessions_per_day)
        except SessionExists:
            # The same request may have won the race a moment ago.
            if ticket and (made := self._made_with(tenant_id, ticket)):
                return made
            raise
        count(Metric.SESSIONS_STARTED)
        return session

    def _policy(self, *layers: Overrides) -> Policy:
        chosen = layered(*layers)
        rules.check_names(chosen)
        return chosen if self.emotions_allowed else replace(chosen, emotions=False)

    def _made_with(self, tenant_id: str, ticket: Ticket) -> Session | None:
        known = self.sessions.ticket(tenant_id, ticket.key)
        if known is None:
            return None
        check_ticket(ticket, known[0].fingerprint)
        try:
            return self.sessions.load(tenant_id, known[1])
        except NotFound as exc:
            raise Conflict("The session of this Idempotency-Key was erased; use a new key.") from exc


def _changed(common: Policy, chosen: Policy) -> dict[str, Any]:
    """Fields in which the chosen policy differs, with the common values."""
    return {
        name: getattr(common, name)
        for name in Policy.__slots__
        if getattr(common, name) != getattr(chosen, name)
    }
