"""Start a session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import rules
from chalicelib.domain.errors import Conflict, NotFound, SessionExists
from chalicelib.domain.model import Session, Ticket
from chalicelib.domain.policy import Overrides, layered
from chalicelib.flows.ports import Clock, Sessions, Tenants
from chalicelib.telemetry import Metric, count


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
        ticket: Ticket | None,
    ) -> Session:
        """The session, under the tenant's own policy with `policy` over it.

        Raises BadInput, SessionExists, Conflict for a ticket used for another request, TooManyRequests if the
        tenant's sessions of the day are used up.
        """
        tenant = self.tenants.tenant(tenant_id)
        chosen = layered(tenant.policy, policy)
        rules.check_names(chosen)
        if ticket and (made := self._made_with(tenant_id, ticket)):
            return made
        session = Session(
            tenant_id=tenant_id,
            session_id=session_id or self.new_id(),
            started_at=round(self.clock(), 3),
            policy=chosen if self.emotions_allowed else replace(chosen, emotions=False),
            job=job,
            candidate=candidate,
            consent=consent,
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

    def _made_with(self, tenant_id: str, ticket: Ticket) -> Session | None:
        known = self.sessions.ticket(tenant_id, ticket.key)
        if known is None:
            return None
        if known[0] != ticket:
            raise Conflict("This Idempotency-Key came with another request before; use a new one.")
        try:
            return self.sessions.load(tenant_id, known[1])
        except NotFound as exc:
            raise Conflict("The session of this Idempotency-Key was erased; use a new key.") from exc
