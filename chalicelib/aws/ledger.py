"""The ledger in DynamoDB: what the provider's calls of all processes add up to.

pk = slot#<slot> or slot#<slot>#<shard>: used | tenant#<tenant>#<hour since 1970>: calls; all with expires_at

Time is cut into slots, and a call is granted out of the slot that its moment lies in. A second that begins
anywhere touches the slots of one second and one more, and so many neighbours have no more calls than a
second may have (`Slots`). A slot's counter moves by one conditional write: two processes that ask at once
cannot both be granted the last call.

The promise is about the moments that callers name. The provider sees each call later, and by a clock of its
own. Where this shift varies by d seconds among processes - skewed clocks, slow uploads - a second of the
provider's may touch ceil(d x slots a second) slots more, each with its share: for less than a slot's length,
one more sixth of the rate, or one more half where slots are seconds. Lambda's clocks differ by milliseconds.
Repeats of a call by its client, other stages and other programs of the account are not known here: set the
rate so that it leaves them room.

Who is not answered is not granted. The frame is then said to be not looked at, which accuses nobody.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.aws.dynamodb import Item, storage
from chalicelib.domain.errors import UpstreamDown
from chalicelib.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOUR_S = 3600
LATE_S = 1.0
"""A grant that took longer is not one: its calls would add to those of later slots."""

_SLOTS_PER_S = 5
_MANY_TPS = 24
"""From here on a fifth of a second has four calls, enough to share out; below, slots are seconds."""
_MOST_TPS = 600
"""Of a counter: a frame that asks makes one call or more, and a refused one writes once or twice."""
_TRIES = 2
_ROUNDING = 1e-9
"""0.29 x 100 is 28.999999999999996."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Time in slots, of which any `per_s + 1` neighbours have `tps` calls together."""

    tps: int

    @property
    def per_s(self) -> int:
        """Slots in a second."""
        return _SLOTS_PER_S if self.tps >= _MANY_TPS else 1

    def at(self, now: float) -> int:
        """The slot that this moment lies in."""
        return math.floor(now * self.per_s)

    def capacity(self, slot: int) -> int:
        """The slot's calls.

        Neighbours differ by one where `tps` cannot be divided: were all rounded down, one call a second would
        become none, and three one.
        """
        cycle = self.per_s + 1
        return (slot + 1) * self.tps // cycle - slot * self.tps // cycle

    @property
    def shards(self) -> int:
        """Counters of a slot."""
        return max(1, math.ceil(self.tps / _MOST_TPS))

    def share(self, slot: int, shard: int) -> int:
        """The calls of one of the slot's counters; all of them add up to its capacity."""
        capacity = self.capacity(slot)
        return (shard + 1) * capacity // self.shards - shard * capacity // self.shards

    def rooms(self, slot: int, urgencies: Sequence[float], shard: int = 0) -> list[int]:
        """For each call, how much of the counter may be used before it and those in front of it are made."""
        capacity = self.share(slot, shard)
        shares = (min(capacity, math.floor(capacity * urgency + _ROUNDING)) for urgency in urgencies)
        return list(accumulate((share - count for count, share in enumerate(shares, 1)), min))


class Ledger:
    """One for all threads of a process. `tps` 0: everything is granted, and nothing written for it."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        tps: int,
        stopwatch: Callable[[], float] = time.monotonic,
        pick: Callable[[int], int] = random.randrange,
    ) -> None:
        self._client = client
        self._table = table
        self._slots = Slots(tps)
        self._stopwatch = stopwatch
        self._pick = pick
        self._lock = Lock()
        self._seen: dict[int, tuple[int, int]] = {}
        """Shard to the latest slot that was asked, and how much of it is used: more by now, never less."""

    def grant(self, urgencies: Sequence[float], now: float) -> int:
        """How many of these calls, from the first on, may be made now; 0 if the table does not answer.

        A call of urgency u (0..1) is granted while it leaves no more than the share u of the slot's calls
        used. Shares are whole calls, rounded down: of a slot of four, an urgency below 0.25 gets none.
        """
        if not self._slots.tps:
            return len(urgencies)
        slot, asked_at = self._slots.at(now), self._stopwatch()
        try:
            granted = self._claim(slot, urgencies, now)
        except UpstreamDown as exc:
            logger.warning("ledger_unavailable", refused=len(urgencies), reason=str(exc.__cause__))
            return 0
        if granted and self._stopwatch() - asked_at > LATE_S:
            logger.warning("ledger_late", refused=granted)
            return 0
        return granted

    def spend(self, tenant_id: str, calls: int, now: float) -> int:
        """Count a tenant's calls; how many there were in the running hour, these included.

        Hours begin with the clock's. Less than none takes calls back. 0 if the table does not answer; what it
        was told may count all the same, and twice if the client told it again.
        """
        pk = f"tenant#{tenant_id}#{math.floor(now / HOUR_S)}"
        try:
            with storage():
                return _number("calls", self._add(pk, "calls", calls, expires_at=now + 2 * HOUR_S))
        except UpstreamDown as exc:
            logger.warning("ledger_unavailable", uncounted=calls, reason=str(exc.__cause__))
            return 0

    def _claim(self, slot: int, urgencies: Sequence[float], now: float) -> int:
        """Use as many of the calls of one of the slot's counters as fit; how many."""
        shard = self._pick(self._slots.shards) if self._slots.shards > 1 else 0
        rooms, used = self._slots.rooms(slot, urgencies, shard), self._known(slot, shard)
        for _ in range(_TRIES):
            calls = sum(used <= room for room in rooms)
            if not calls:
                return 0
            claimed, used = self._use(self._pk(slot, shard), calls, rooms[calls - 1], now)
            self._learn(slot, shard, used)
            if claimed:
                return calls
        return 0

    def _pk(self, slot: int, shard: int) -> str:
        return f"slot#{slot}" if self._slots.shards == 1 else f"slot#{slot}#{shard}"

    def _use(self, pk: str, calls: int, room: int, now: float) -> tuple[bool, int]:
        """Whether the calls found no more than `room` used, and so were added; how much is used now."""
        with storage():
            try:
                added = self._add(pk, "used", calls, expires_at=now + HOUR_S, room=room)
            except ClientError as exc:
                reply: Any = exc.response
                if "Item" not in reply:
                    raise
                return False, _number("used", reply["Item"])
        return True, _number("used", added)

    def _add(self, pk: str, name: str, calls: int, *, expires_at: float, room: int | None = None) -> Item:
        """Add to a counter; what it is now. With `room`, a ClientError tells in its `Item` if it was more."""
        values = {":calls": calls, ":expires_at": math.floor(expires_at)}
        condition: Any = {}
        if room is not None:
            values[":room"] = room
            condition = {
                "ConditionExpression": f"attribute_not_exists({name}) OR {name} <= :room",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        return self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": pk}},
            UpdateExpression=f"ADD {name} :calls SET expires_at = :expires_at",
            ExpressionAttributeValues={key: {"N": str(value)} for key, value in values.items()},
            ReturnValues="ALL_NEW",
            **condition,
        )["Attributes"]

    def _known(self, slot: int, shard: int) -> int:
        """How much of the counter is used at least."""
        with self._lock:
            seen, used = self._seen.get(shard, (0, 0))
        return used if seen == slot else 0

    def _learn(self, slot: int, shard: int, used: int) -> None:
        with self._lock:
            self._seen[shard] = max(self._seen.get(shard, (0, 0)), (slot, used))


def _number(name: str, item: Item) -> int:
    return int(item[name]["N"])
