"""Reading a request's body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from chalicelib.api.bodies import (
    MOST_BYTES,
    Body,
    is_multipart,
    read_fields,
    read_form,
    read_json,
    read_multipart,
)
from chalicelib.domain.errors import BadInput, BodyTooLarge
from tests.unit.api.forms import form

FORM = "multipart/form-data; boundary=frontier"


class Order(Body):
    """An example of a request."""

    count: int = Field(default=1, ge=1)
    price: float | None = None
    tags: list[str] = Field(default_factory=list)


def test_a_json_object_is_read() -> None:
    assert read_json(Order, b'{"count": 2, "price": 1.5, "tags": ["a"]}') == Order(
        count=2, price=1.5, tags=["a"]
    )


def test_no_body_is_an_empty_object() -> None:
    assert read_json(Order, b"") == Order()


def test_members_that_are_not_known_are_passed_over() -> None:
    assert read_json(Order, b'{"count": 2, "colour": "blue"}') == Order(count=2)


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b'{"count": 0}', ["count"]),
        (b'{"price": NaN}', ["price"]),
        (b'{"price": -Infinity}', ["price"]),
        (b'{"price": 1e999}', ["price"]),
        (b'{"tags": [1]}', ["tags", 0]),
        (b"[", []),
        (b"[" * 60_000, []),
        (b'{"tags": ' * 7_000, []),
        (b"\xff", []),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_not_valid_is_refused_with_its_place(raw: bytes, where: list[object]) -> None:
    with pytest.raises(BadInput) as refused:
        read_json(Order, raw)

    assert [each["loc"] for each in refused.value.errors] == [where]


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not() -> None:
    largest = b"{}" + b" " * (Order.most_bytes - 2)

    assert read_json(Order, largest) == Order()
    with pytest.raises(BodyTooLarge):
        read_json(Order, largest + b" ")


def test_a_form_may_be_as_large_as_a_request_can_be() -> None:
    empty = form(("frame", b"", "frame.jpg"))
    largest = form(("frame", b"x" * (MOST_BYTES - len(empty)), "frame.jpg"))

    assert len(read_multipart(largest, FORM)[1]["frame"]) == MOST_BYTES - len(empty)
    with pytest.raises(BodyTooLarge):
        read_multipart(largest + b"\n", FORM)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(raw: bytes) -> None:
    outcome: object = None
    try:
        outcome = read_json(Order, raw)
    except BadInput as refused:
        outcome = refused

    assert isinstance(outcome, Order | BadInput)


def test_text_fields_are_read_as_the_model_wants_them() -> None:
    assert read_fields(Order, {"count": "3", "price": "1.5"}) == Order(count=3, price=1.5)


@pytest.mark.parametrize("fields", [{"count": "0"}, {"count": "x"}, {"price": "nan"}, {"price": "inf"}])
def test_text_fields_that_are_not_valid_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        read_fields(Order, fields)


def test_a_form_is_read_into_fields_and_files() -> None:
    raw = form(
        ("frame", b"\x00\xff\r\n--front", "frame.jpg"), ("seq", b"7", None), ("note", "ü".encode(), None)
    )

    assert read_multipart(raw, FORM) == ({"seq": "7", "note": "ü"}, {"frame": b"\x00\xff\r\n--front"})


def test_a_large_field_counts_as_a_file() -> None:
    large = b"x" * 65_537

    assert read_multipart(form(("frame", large, None)), FORM) == ({}, {"frame": large})


def test_a_form_of_more_parts_than_20_is_refused() -> None:
    fits = form(*[("seq", b"1", None)] * 20)

    assert read_multipart(fits, FORM)[0] == {"seq": "1"}
    with pytest.raises(BadInput):
        read_multipart(form(*[("seq", b"1", None)] * 21), FORM)


def test_files_of_one_name_are_all_read_in_their_order() -> None:
    raw = form(("images", b"1", "a.jpg"), ("username", b"ada", None), ("images", b"2", "b.jpg"))

    fields, files = read_form(raw, FORM)

    assert fields == {"username": "ada"}
    assert [(each.name, each.filename, each.content) for each in files] == [
        ("images", "a.jpg", b"1"),
        ("images", "b.jpg", b"2"),
    ]


def test_a_form_may_have_as_many_parts_as_its_call_takes() -> None:
    many = form(*[("images", b"1", "a.jpg")] * 21)

    assert len(read_form(many, FORM, most_parts=21)[1]) == 21


@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda content: form(("frame", content, "x"))[:-20]),
        st.binary(max_size=100).map(lambda name: b"--frontier\r\n" + name + b"\r\n\r\nx\r\n--frontier--\r\n"),
    ),
    content_type=st.sampled_from(
        [FORM, "multipart/form-data", "multipart/form-data; boundary=-", "", "x;=;"]
    ),
)
def test_any_bytes_are_a_form_or_refused(raw: bytes, content_type: str) -> None:
    outcome: object = None
    try:
        outcome = read_multipart(raw, content_type)
    except BadInput as refused:
        outcome = refused

    assert isinstance(outcome, tuple | BadInput)


@pytest.mark.parametrize(
    ("content_type", "told"),
    [
        (FORM, True),
        ("multipart/form-data", True),
        ("Multipart/Form-Data; Boundary=x", True),
        ("application/json", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
def test_a_form_is_told_by_its_content_type(*, content_type: str, told: bool) -> None:
    assert is_multipart(content_type) is told


def test_a_refusal_says_what_is_wrong_in_its_first_line() -> None:
    with pytest.raises(BadInput) as refused:
        read_json(Order, json.dumps({"count": 0}).encode())

    assert str(refused.value).startswith("The request is not valid. count: ")
