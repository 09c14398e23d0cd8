"""Whose faces are known, in DynamoDB.

pk = <tenant>#faces; sk = owner#<owner>: a username with the ids of its faces; version
pk = <tenant>#faces; sk = job#<job>: an enrolment that the queue works on (`chalicelib.aws.enrolment_jobs`)

An item without faces - one that was deleted, or whose first enrolment is under way - expires, once nothing
that was begun before it can come any more; others stay until they are deleted.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.aws.codec import pack, unpack
from chalicelib.aws.dynamodb import Item, delete_all, key_of, storage
from chalicelib.aws.table import BATCH_READ, Table
from chalicelib.domain.enrolment import Enrolment, owner_of
from chalicelib.domain.model import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EMPTY_KEPT_S = 2 * 86_400.0
"""Longer than any enrolment takes that was begun before."""
_OWNER = "owner#"


class Enrolments:
    """Every method is about one tenant, and raises UpstreamDown."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = Table(client, table)
        self._clock = clock

    def load(self, tenant_id: str, username: str) -> Enrolment | None:
        """What is known of the username; it may have no faces, or none any more."""
        item = self._table.get(_key(tenant_id, owner_of(tenant_id, username)))
        return _enrolment(item) if item else None

    def faces_of(self, tenant_id: str, username: str) -> tuple[str, ...] | None:
        """The ids of the username's faces; None if it is not enrolled."""
        known = self.load(tenant_id, username)
        return tuple(face.face_id for face in known.faces) if known and known.faces else None

    def several(self, tenant_id: str, owners: Collection[str]) -> Mapping[str, Enrolment]:
        """What is known of these owners, by owner."""
        wanted, found = sorted(set(owners)), {}
        for start in range(0, len(wanted), BATCH_READ):
            keys = [_key(tenant_id, owner) for owner in wanted[start : start + BATCH_READ]]
            for item in self._table.get_some(keys):
                if item:
                    enrolment = _enrolment(item)
                    found[enrolment.owner] = enrolment
        return found

    def save(self, enrolment: Enrolment) -> Enrolment:
        """Store the enrolment's next version. Raises Busy if another was stored since it was read."""
        saved = replace(enrolment, version=enrolment.version + 1)
        self._table.put_version(self._item(saved), enrolment.version)
        return saved

    def page(self, tenant_id: str, limit: int, after: str | None) -> Page[Enrolment]:
        """Enrolments that have faces, by their owners. Raises BadInput for a foreign cursor.

        A page may hold fewer than there are, and have a cursor still.
        """
        page = self._table.page(partition(tenant_id), _OWNER, limit, after)
        enrolments = map(_enrolment, page.items)
        return Page(tuple(each for each in enrolments if each.faces), page.cursor)

    def forget(self, tenant_id: str) -> int:
        """Delete everything of the tenant, jobs included; how many items there were."""
        with storage():
            return delete_all(self._table.client, self._table.name, self._keys(tenant_id))

    def _keys(self, tenant_id: str) -> Iterator[Item]:
        for item in self._table.query(partition(tenant_id), "", only="pk, sk"):
            yield {"pk": item["pk"], "sk": item["sk"]}

    def _item(self, enrolment: Enrolment) -> Item:
        item = _key(enrolment.tenant_id, enrolment.owner) | {
            "enrolment": {"B": pack(enrolment)},
        }
        if enrolment.faces:
            return item
        return item | {"expires_at": {"N": str(math.ceil(self._clock() + EMPTY_KEPT_S))}}


def partition(tenant_id: str) -> str:
    """The key of all that a tenant has in this table."""
    return f"{tenant_id}#faces"


def _key(tenant_id: str, owner: str) -> Item:
    return key_of(partition(tenant_id), _OWNER + owner)


def _enrolment(item: Item) -> Enrolment:
    return unpack(Enrolment, item["enrolment"]["B"])
