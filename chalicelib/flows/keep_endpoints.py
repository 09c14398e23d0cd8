"""Keep the endpoints of a tenant: make them, change them, give them other secrets, take them away."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from chalicelib.domain.callback_urls import check_url
from chalicelib.domain.errors import Busy, Conflict, NotFound
from chalicelib.domain.webhooks import CALLBACKS, Endpoint, EventType, new_secret, rotated
from chalicelib.flows.contention import settled
from chalicelib.flows.ports import Clock
from chalicelib.flows.webhook_ports import Endpoints

MOST_ENDPOINTS = 10
"""Of a tenant: each event goes to all that want it."""
SWITCHED_OFF = "Its owner switched it off."


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of an endpoint; what is None stays as it is."""

    url: str | None = None
    events: Collection[EventType] | None = None
    description: str | None = None
    disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class KeepEndpoints:
    """`CALLBACKS` is made when it is first asked for: every tenant has it."""

    store: Endpoints
    clock: Clock
    new_id: Callable[[], str]
    random_bytes: Callable[[int], bytes]
    local_urls: bool

    def all(self, tenant_id: str) -> list[Endpoint]:
        """The tenant's endpoints. Raises UpstreamDown."""
        return self.store.all(tenant_id)

    def find(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        """The endpoint; None if there is none. Raises UpstreamDown."""
        found = self.store.load(tenant_id, endpoint_id)
        return found or (self._callbacks(tenant_id) if endpoint_id == CALLBACKS else None)

    def load(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """The endpoint. Raises NotFound, UpstreamDown."""
        found = self.find(tenant_id, endpoint_id)
        if found is None:
            raise NotFound("There is no such endpoint; check its id.")
        return found

    def create(
        self, tenant_id: str, url: str, events: Collection[EventType], description: str = ""
    ) -> Endpoint:
        """A new endpoint. Raises BadInput for its URL, Conflict if there are too many, UpstreamDown."""
        check_url(url, local=self.local_urls)
        own = [each for each in self.store.all(tenant_id) if each.endpoint_id != CALLBACKS]
        if len(own) >= MOST_ENDPOINTS:
            raise Conflict(f"There are {MOST_ENDPOINTS} endpoints already; delete one that is not needed.")
        made = self._new(tenant_id, self.new_id())
        return self.store.save(replace(made, url=url, events=frozenset(events), description=description))

    def change(self, tenant_id: str, endpoint_id: str, change: Change) -> Endpoint:
        """The endpoint as it is from now on. Raises NotFound, BadInput, Conflict, Busy, UpstreamDown."""
        if endpoint_id == CALLBACKS:
            raise Conflict(
                "This endpoint is whatever requests name as callback_url; only its secret changes."
            )
        if change.url is not None:
            check_url(change.url, local=self.local_urls)
        return settled(lambda: self.store.save(self._changed(self.load(tenant_id, endpoint_id), change)))

    def rotate(self, tenant_id: str, endpoint_id: str, grace_s: float) -> Endpoint:
        """The endpoint with another secret; the one before goes on for the grace. Raises NotFound, Busy."""

        def attempt() -> Endpoint:
            known = self.load(tenant_id, endpoint_id)
            return self.store.save(rotated(known, new_secret(self.random_bytes), self.clock(), grace_s))

        return settled(attempt)

    def disable(self, endpoint: Endpoint, why: str) -> None:
        """Tell an endpoint nothing any more. Raises Busy, UpstreamDown."""

        def attempt() -> None:
            known = self.store.load(endpoint.tenant_id, endpoint.endpoint_id)
            # What its owner changed meanwhile is another endpoint's answer.
            if known and known.url == endpoint.url and known.since == endpoint.since and not known.disabled:
                self.store.save(replace(known, disabled=why))

        settled(attempt)

    def remove(self, tenant_id: str, endpoint_id: str) -> None:
        """Take an endpoint away: nothing is sent to it. Raises NotFound, Conflict, Busy, UpstreamDown."""
        if endpoint_id == CALLBACKS:
            raise Conflict("This endpoint cannot be deleted; send no callback_url if you want no callbacks.")
        settled(lambda: self.store.remove(self.load(tenant_id, endpoint_id)))

    def _changed(self, known: Endpoint, change: Change) -> Endpoint:
        events = known.events if change.events is None else frozenset(change.events)
        disabled = known.disabled
        if change.disabled is not None:
            disabled = (known.disabled or SWITCHED_OFF) if change.disabled else ""
        wakes = bool(known.disabled) and not disabled
        return replace(
            known,
            url=known.url if change.url is None else change.url,
            events=events,
            description=known.description if change.description is None else change.description,
            disabled=disabled,
            since=round(self.clock(), 3) if wakes or events - known.events else known.since,
        )

    def _callbacks(self, tenant_id: str) -> Endpoint:
        try:
            return self.store.save(self._new(tenant_id, CALLBACKS))
        except Busy:  # somebody was quicker
            found = self.store.load(tenant_id, CALLBACKS)
            assert found is not None
            return found

    def _new(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        now = round(self.clock(), 3)
        secrets = (new_secret(self.random_bytes),)
        return Endpoint(tenant_id, endpoint_id, url="", created_at=now, secrets=secrets, since=now)
