"""What request and response models share, and reading a request's body into one."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from multipart import MultipartError, MultipartParser, parse_options_header
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints, ValidationError
from pydantic_core import CoreSchema, core_schema

from chalicelib.api.problems import bad_input
from chalicelib.domain.errors import BadInput, BodyTooLarge
from chalicelib.domain.policy import Policy

SESSION_ID = r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}"
"""So are the ids of exams, people and keys: no table takes one of any length."""
MOST_BYTES = 6_000_000
"""Lambda takes 6 MB of request."""
_MOST_FIELD_BYTES = 65_536
_MOST_PARTS = 20


class Body(BaseModel):
    """A JSON object from outside. Members that are not known are passed over."""

    # Schemas are built when first used, here and for answers: all take 18 ms of a start, a frame's 6 ms. A
    # start is billed as a request is, and who waits for the first answer waits for both: the sum counts.
    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)

    most_bytes: ClassVar[int] = 262_144
    """A larger one is refused before it is read."""
    form: ClassVar[Mapping[str, Any] | None] = None
    """JSON schema of the same as a form, where that is not a frame's."""


class Answer(BaseModel):
    """A JSON object for a caller."""

    model_config = ConfigDict(defer_build=True)

    success: bool = True


class ListQuery(Body):
    """Which page."""

    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)


class _AsPolicy:
    """Some of a policy's fields, judged and described as the whole policy is."""

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(_given, handler.generate_schema(Policy))


def _given(value: Any, validated: Any) -> dict[str, Any]:  # noqa: ANN401 - anything from outside
    policy = validated(value)
    return {name: getattr(policy, name) for name in value}


Id = Annotated[str, StringConstraints(pattern=f"^{SESSION_ID}$")]
"""An id in a body."""
PolicyOverrides = Annotated[dict[str, Any], _AsPolicy()]
"""Fields of a policy; what is left out is not overridden."""

Model = TypeVar("Model", bound=BaseModel)
Parsed = TypeVar("Parsed", bound=Body)


def read_json(model: type[Parsed], raw: bytes) -> Parsed:
    """The body as the model; no body counts as an empty object. Raises BadInput, BodyTooLarge."""
    _check_size(raw, model.most_bytes)
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as exc:
        raise bad_input(exc) from exc


def read_fields(model: type[Model], fields: Mapping[str, Any]) -> Model:
    """Text fields, of a query or a form, as the model. Raises BadInput."""
    try:
        return model.model_validate(dict(fields))
    except ValidationError as exc:
        raise bad_input(exc) from exc


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form."""

    name: str
    """Of its field."""
    filename: str
    content: bytes


def read_multipart(raw: bytes, content_type: str) -> tuple[dict[str, str], dict[str, bytes]]:
    """The text fields and the files of a form, by name. Raises BadInput, BodyTooLarge."""
    fields, files = read_form(raw, content_type)
    return fields, {file.name: file.content for file in files}


def read_form(
    raw: bytes, content_type: str, *, most_parts: int = _MOST_PARTS
) -> tuple[dict[str, str], list[FormFile]]:
    """The text fields of a form, by name, and all of its files in order. Raises BadInput, BodyTooLarge."""
    _check_size(raw, MOST_BYTES)
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    fields: dict[str, str] = {}
    files: list[FormFile] = []
    try:
        parser = MultipartParser(
            io.BytesIO(raw),
            boundary,
            content_length=len(raw),
            memory_limit=MOST_BYTES,
            spool_limit=MOST_BYTES,
            part_limit=most_parts,
        )
        for part in parser:
            if part.filename or part.size > _MOST_FIELD_BYTES:
                files.append(FormFile(part.name, part.filename or "", part.raw))
            else:
                fields[part.name] = part.value
    except (MultipartError, LookupError, ValueError) as exc:  # LookupError: an unknown charset
        raise BadInput("The form cannot be read; send multipart/form-data with its boundary.") from exc
    return fields, files


def is_csv(content_type: str) -> bool:
    """Whether the body is a table."""
    return content_type.lower().startswith("text/csv")


def json_text(value: Any, *, most_bytes: int) -> str:  # noqa: ANN401 - anything from outside
    """Somebody's own JSON as text. Raises ValueError if it is too long, or holds what JSON does not have."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    if len(text.encode()) > most_bytes:
        raise ValueError(f"may have at most {most_bytes} bytes of JSON")
    return text


def is_none(value: object) -> bool:
    """For `exclude_if`: what is not there is not in the answer."""
    return value is None


def is_multipart(content_type: str) -> bool:
    """Whether the body is a form."""
    return content_type.lower().startswith("multipart/form-data")


def _check_size(raw: bytes, most_bytes: int) -> None:
    if len(raw) > most_bytes:
        raise BodyTooLarge(f"The request has {len(raw)} bytes; send at most {most_bytes}.")
