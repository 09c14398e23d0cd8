"""How many sessions a tenant starts on a day: pk = <tenant>#day#<day>, sk = starts, in the sessions' table.

The counter moves in the transaction that stores the session, so that whatever is sent twice counts once. It
is the last part of that transaction. Only tenants with a limit have one: starts that meet at it take turns.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.aws.dynamodb import CONFLICT, ConditionFailedError, Item, key_of
from chalicelib.domain.errors import Busy, ProctoringError, SessionExists
from chalicelib.domain.model import Session
from chalicelib.domain.tenants import DAY_S, day, day_is_used_up

TAKEN = "A session with this id was started before; choose another id."
_TRIES, _MOST_WAIT_S = 6, 0.2


def key(tenant_id: str, at_s: float) -> Item:
    """The key of the counter of this moment's day."""
    return key_of(f"{tenant_id}#day#{day(at_s)}", "starts")


def one_more(table: str, session: Session, most: int) -> Any:  # noqa: ANN401 - handed on to the client
    """Count the session's start, if fewer than `most` were counted on its day."""
    numbers = {":one": 1, ":most": most, ":expires_at": int(session.started_at + 2 * DAY_S)}
    return {
        "Update": {
            "TableName": table,
            "Key": key(session.tenant_id, session.started_at),
            "UpdateExpression": "ADD starts :one SET expires_at = :expires_at",
            "ConditionExpression": "attribute_not_exists(starts) OR starts < :most",
            "ExpressionAttributeValues": {name: {"N": str(number)} for name, number in numbers.items()},
        }
    }


def in_turn(transact: Callable[[], None], *, patient: bool) -> None:
    """Do it, several times if only the counter is at fault: others move it. Raises ConditionFailedError."""
    for _ in range(_TRIES - 1 if patient else 0):
        try:
            return transact()
        except ConditionFailedError as exc:
            *others, counter = exc.reasons or [""]
            if counter != CONFLICT or set(others) - {"None"}:
                raise
            time.sleep(random.uniform(0, _MOST_WAIT_S))  # noqa: S311 - no secret
    return transact()


def refusal(reasons: Sequence[str], session: Session, most: int) -> ProctoringError:
    """Why the session was not stored."""
    *others, counter = reasons if most and reasons else (*reasons, "None")
    if CONFLICT in others or counter == CONFLICT:
        return Busy("Another request writes the same at this moment; start it again.")
    if not reasons or set(others) - {"None"}:
        return SessionExists(TAKEN)
    return day_is_used_up(most, session.started_at)
