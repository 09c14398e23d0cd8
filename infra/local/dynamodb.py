"""DynamoDB as moto serves it, made atomic, and as quick with 28,800 items as with 20.

Overrides of moto 5.2, each where its looseness or its cost was measured:

1. one call at a time: moto checks a condition and writes in two steps that threads interleave;
2. a transaction keeps the items it touches for its rollback, where moto copies whole tables: 90 ms at 2 MB;
3. a repeated ClientRequestToken changes nothing, as in AWS; moto applies the transaction again;
4. items are answered as they are stored, where moto walks the service model for each attribute: 2 ms an item;
5. queries: see `partitions`.
"""

import base64
import copy
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb import models, responses
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from infra.local import partitions
from infra.local.partitions import MotoBackend, MotoTable

MotoHandler = Any
"""moto's DynamoHandler: one per request."""
Touched = tuple[MotoTable, DynamoType, DynamoType | None, Item | None]

TOKENS_KEPT = 10_000
"""Client request tokens remembered; AWS remembers them for ten minutes."""
PLAIN = {
    "GetItem",
    "BatchGetItem",
    "TransactGetItems",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
}
"""Operations that answer items, numbers and names: nothing that needs the service model to be written."""


def install() -> None:
    """Put the overrides into moto. For a process that serves moto and does nothing else."""
    partitions.install()
    _one_call_at_a_time()
    _copy_touched_items_only()
    _remember_tokens()
    _answer_items_as_they_are()


def _one_call_at_a_time() -> None:
    handler_class: MotoHandler = responses.DynamoHandler
    call_action: Callable[..., Any] = handler_class.call_action
    lock = threading.Lock()

    def locked(self: MotoHandler) -> Any:  # noqa: ANN401 - as moto has it
        with lock:
            return call_action(self)

    handler_class.call_action = locked


def _copy_touched_items_only() -> None:
    backend_class: MotoBackend = models.DynamoDBBackend
    transact: Callable[..., None] = backend_class.transact_write_items
    # That module copies tables for this rollback only; its other copies are of items.
    copies = SimpleNamespace(deepcopy=lambda what: what if isinstance(what, Table) else copy.deepcopy(what))
    vars(models)["copy"] = copies

    def transact_or_restore(self: MotoBackend, transact_items: list[dict[str, Any]]) -> None:
        touched = list(_touched(self, transact_items))
        try:
            transact(self, transact_items)
        except Exception:
            for what in touched:
                partitions.restore(*what)
            raise

    backend_class.transact_write_items = transact_or_restore


def _touched(backend: MotoBackend, transact_items: list[dict[str, Any]]) -> Iterator[Touched]:
    """Each item that exists or will, with a copy of it. What is malformed is left to moto to refuse."""
    for action in transact_items:
        operation = next(iter(action.values()))
        table = backend.tables.get(operation["TableName"])
        key = operation.get("Key") or operation.get("Item") or {}
        if table is None or not all(name in key for name in table.table_key_attrs):
            continue
        hash_key = DynamoType(key[table.hash_key_attr])
        range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
        yield table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def _remember_tokens() -> None:
    handler_class: MotoHandler = responses.DynamoHandler
    transact: Callable[..., ActionResult] = handler_class.transact_write_items
    applied: OrderedDict[str, str] = OrderedDict()

    def transact_once(self: MotoHandler) -> ActionResult:
        token = self.body.get("ClientRequestToken")
        asked = json.dumps(self.body["TransactItems"], sort_keys=True, default=repr)
        if token in applied:
            if applied[token] == asked:
                return ActionResult({})
            raise JsonRESTError(
                "IdempotentParameterMismatchException", "The token was used with other items."
            )
        result = transact(self)
        if token:
            applied[token] = asked
            while len(applied) > TOKENS_KEPT:
                applied.popitem(last=False)
        return result

    handler_class.transact_write_items = transact_once


def _answer_items_as_they_are() -> None:
    result_class: Any = responses.DynamoResult
    execute_result: Callable[..., Any] = result_class.execute_result

    def as_they_are(self: Any, context: Any) -> Any:  # noqa: ANN401 - as moto has it
        if context.operation_model.name not in PLAIN:
            return execute_result(self, context)
        body = json.dumps(self.result, default=lambda binary: base64.b64encode(binary).decode())
        return 200, {"Content-Type": "application/x-amz-json-1.0"}, body

    result_class.execute_result = as_they_are
