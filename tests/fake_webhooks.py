"""Endpoints, deliveries and a receiver in memory, for flows and contract suites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.aws.dynamodb import cursor, parts_of
from chalicelib.domain.deliveries import Delivery
from chalicelib.domain.errors import Busy
from chalicelib.domain.model import Page
from chalicelib.domain.posted import Posted
from chalicelib.domain.webhooks import Endpoint

Place = tuple[str, str]


@dataclass(slots=True)
class FakeDeliveries:
    """As `chalicelib.aws.deliveries` keeps them."""

    kept: dict[tuple[str, str, str], Delivery] = field(default_factory=dict)

    def load(self, tenant_id: str, endpoint_id: str, message_id: str) -> Delivery | None:
        return self.kept.get((tenant_id, endpoint_id, message_id))

    def several(self, deliveries: Sequence[Delivery]) -> list[Delivery | None]:
        return [self.load(each.tenant_id, each.endpoint_id, each.message_id) for each in deliveries]

    def save(self, delivery: Delivery) -> Delivery:
        known = self.load(delivery.tenant_id, delivery.endpoint_id, delivery.message_id)
        if (known.version if known else 0) != delivery.version:
            raise Busy("It was changed at the same time; send it again.")
        saved = replace(delivery, version=delivery.version + 1)
        self.kept[delivery.tenant_id, delivery.endpoint_id, delivery.message_id] = saved
        return saved

    def page(self, tenant_id: str, endpoint_id: str, limit: int, after: str | None) -> Page[Delivery]:
        own = sorted(place for place in self.kept if place[:2] == (tenant_id, endpoint_id))
        own.reverse()
        if after:
            last = parts_of(after, 1)[0]
            own = [place for place in own if place[2] < last]
        shown = own[:limit]
        more = len(own) >= limit and bool(shown)
        return Page(tuple(self.kept[place] for place in shown), cursor(shown[-1][2]) if more else None)


@dataclass(slots=True)
class FakeEndpoints:
    """As `chalicelib.aws.endpoints` keeps them."""

    kept: dict[Place, Endpoint | None] = field(default_factory=dict)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)

    def load(self, tenant_id: str, endpoint_id: str) -> Endpoint | None:
        return self.kept.get((tenant_id, endpoint_id))

    def all(self, tenant_id: str) -> list[Endpoint]:
        found = [each for (tenant, _), each in sorted(self.kept.items()) if tenant == tenant_id]
        return [each for each in found if each is not None]

    def save(self, endpoint: Endpoint) -> Endpoint:
        place = (endpoint.tenant_id, endpoint.endpoint_id)
        known = self.kept.get(place)
        if (known.version if known else 0) != endpoint.version or (known is None and place in self.kept):
            raise Busy("It was changed at the same time; send it again.")
        saved = replace(endpoint, version=endpoint.version + 1)
        self.kept[place] = saved
        return saved

    def remove(self, endpoint: Endpoint) -> None:
        self.save(endpoint)
        self.kept[endpoint.tenant_id, endpoint.endpoint_id] = None

    def forget(self, tenant_id: str) -> int:
        own = [place for place in self.kept if place[0] == tenant_id]
        told = [place for place in self.deliveries.kept if place[0] == tenant_id]
        for place in own:
            del self.kept[place]
        for each in told:
            del self.deliveries.kept[each]
        return len(own) + len(told)


@dataclass(slots=True)
class FakeReceiver:
    """A server of a tenant's: answers one after the other, the last one for good."""

    answers: list[Posted] = field(default_factory=lambda: [Posted(200)])
    got: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        self.got.append((url, body, dict(headers)))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
