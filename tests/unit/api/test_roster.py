"""Candidates from a CSV file as spreadsheets write it."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.roster import MOST_ROWS, read_roster
from chalicelib.domain.errors import BadInput
from chalicelib.domain.exams import Accommodation
from chalicelib.flows.assign_candidates import Wanted

ANN = Wanted(("line", 2), "ann@example.org", "Ann", Accommodation(600, note="by letter"))
BOB = Wanted(("line", 3), "bob@example.org", "Bób", Accommodation(0, 12.5))
CAT = Wanted(("line", 4), "cat@example.org", "")


PLAIN = """email,name,extra_time_minutes,extra_time_percent,note
ann@example.org,Ann,10,,by letter
bob@example.org,Bób,,12.5,
cat@example.org,,,,
"""
EUROPEAN = """\ufeffE-Mail;Name;Extra time minutes;Extra time percent;Note\r
ann@example.org;Ann;10;;by letter\r
bob@example.org;Bób;;12,5%;\r
cat@example.org;;;;\r
"""
TABS = """name\temail\tnote\textra_time_percent\textra_time_minutes
Ann\tann@example.org\tby letter\t\t10
Bób\tbob@example.org\t\t12.5\t0
\t cat@example.org \t\t\t"""
OLD = PLAIN.replace("cat@example.org,,,,", "cat@example.org").replace("Ann,", '"Ann",').replace("\n", "\r")


@pytest.mark.parametrize(
    "text",
    [PLAIN, EUROPEAN, TABS, OLD],
    ids=["plain", "as Excel in Europe writes it", "tabs", "quoted, with old ends of lines and a short row"],
)
def test_a_file_is_read_as_a_spreadsheet_writes_it(text: str) -> None:
    assert read_roster(text.encode()) == [ANN, BOB, CAT]


def test_blank_lines_are_passed_over_and_counted() -> None:
    read = read_roster(b'\n\nemail,note\n\n,\nann@example.org,"two\nlines"\n\nbob@example.org,\n')

    assert [(each.where, each.email) for each in read] == [
        (("line", 6), "ann@example.org"),
        (("line", 9), "bob@example.org"),
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("ann@example.org,ten", "extra_time_minutes is not a number"),
        ("ann@example.org,-1", "extra_time_minutes is out of range"),
        ("ann@example.org,nan", "extra_time_minutes is out of range"),
        ("ann@example.org,1,2,3", "has more cells"),
    ],
)
def test_every_line_at_fault_is_named_and_no_value_is_repeated(row: str, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_roster(f"email,extra_time_minutes\nok@example.org,5\n{row}\n\n{row}\n".encode())

    assert [each["loc"] for each in refused.value.errors] == [["line", 3], ["line", 5]]
    assert str(refused.value).startswith("Nobody was assigned. Line 3: ")
    assert why in str(refused.value)
    assert "ann@" not in str(refused.value) + str(refused.value.errors)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n \n",
        b"name\nAnn\n",
        b"email,extra_tyme\nann@example.org,3\n",
        b"email,e-mail\na@example.org,b@example.org\n",
        b'email\n"ann@example.org\n',
        b"email,name\nann@example.org,\xe9\n",
        b"email,name\nann@example.org,\xef\xbf\xbd\n",
        b"email,name\nann@example.org,\x00\n",
        ("email,name\nann@example.org," + "x" * 201).encode(),
        ("email,note\nann@example.org," + "x" * 140_000).encode(),
        ("email\n" + "ann@example.org\n" * (MOST_ROWS + 1)).encode(),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        read_roster(raw)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\ufffd"), max_size=9
)


@given(
    st.lists(st.tuples(WORDS, WORDS, st.integers(0, 600)), min_size=1, max_size=9),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_spreadsheet_holds_comes_through(
    rows: list[tuple[str, str, int]], delimiter: str, end: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
    writer.writerow(["email", "name", "note", "extra_time_minutes"])
    writer.writerows([f"a{number}@example.org", *row] for number, row in enumerate(rows))

    read = read_roster(file.getvalue().encode())

    assert [(each.name, each.accommodation or Accommodation()) for each in read] == [
        (name, Accommodation(minutes * 60, note=note)) for name, note, minutes in rows
    ]


@given(st.binary(max_size=200))
def test_no_file_does_more_than_be_refused(raw: bytes) -> None:
    with suppress(BadInput):
        read_roster(raw)
