"""What the fields of models mean: the strings beneath them, put into the JSON schemas.

Pydantic can do so too (`use_attribute_docstrings`), but as a class is made: every start of a function would
read and parse our sources again, for words that hardly anybody asks for.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class Described(GenerateJsonSchema):
    """Schemas of models and dataclasses that say of each property what is said beneath its field."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """The schema of a model."""
        return _described(super().model_schema(schema), schema["cls"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """The schema of a dataclass."""
        return _described(super().dataclass_schema(schema), schema["cls"])


def meanings(kind: type) -> Mapping[str, str]:
    """What is said beneath each field, or member, of a class of ours."""
    return _descriptions(kind.__module__).get(kind.__qualname__, {})


def _described(schema: JsonSchemaValue, kind: type) -> JsonSchemaValue:
    for ancestor in kind.__mro__:
        for name, description in meanings(ancestor).items():
            if name in schema["properties"]:
                schema["properties"][name].setdefault("description", description)
    return schema


@cache
def _descriptions(module: str) -> Mapping[str, Mapping[str, str]]:
    """Class to field to description."""
    if not module.startswith("chalicelib."):
        return {}
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: dict(_fields(each)) for each in tree.body if isinstance(each, ast.ClassDef)}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, beneath in pairwise(node.body):
        match field, beneath:
            case (
                ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]),
                ast.Expr(value=ast.Constant(str(description))),
            ):
                yield name, inspect.cleandoc(description)
