"""Candidates from a CSV file, as spreadsheets write it.

UTF-8, with or without a byte order mark; commas, semicolons or tabs; any ends of lines; blank lines are
passed over. The first row names the columns, in any order.
"""

import csv
import io
from collections.abc import Iterator

from chalicelib.domain.errors import BadInput
from chalicelib.domain.exams import Accommodation
from chalicelib.flows.assign_candidates import Wanted

COLUMNS = ("email", "name", "extra_time_minutes", "extra_time_percent", "note")
MOST_ROWS = 500
_ALIASES = {"e_mail": "email", "mail": "email"}
_MOST_NAME, _MOST_NOTE = 200, 1000
_MOST = 100_000
"""Minutes, or percent: what is too much for the exam is said elsewhere."""

Row = tuple[int, list[str]]
"""The line of the file that a row begins in, and its cells."""


def read_roster(raw: bytes) -> list[Wanted]:
    """The candidates, each with its line. Raises BadInput, which names the lines at fault."""
    rows = list(_rows(raw))
    if not rows:
        raise BadInput("The file is empty; its first row must name the columns.")
    columns = _columns(rows[0][1])
    if len(rows) > MOST_ROWS + 1:
        raise BadInput(f"The file has {len(rows) - 1} candidates; send at most {MOST_ROWS} at a time.")
    wanted, faults = [], []
    for line, cells in rows[1:]:
        try:
            wanted.append(_wanted(line, columns, cells))
        except ValueError as fault:
            faults.append((line, str(fault)))
    if faults:
        line, why = faults[0]
        errors: tuple[dict[str, object], ...] = tuple(
            {"loc": ["line", line], "msg": why} for line, why in faults[:20]
        )
        raise BadInput(f"Nobody was assigned. Line {line}: {why}.", errors)
    return wanted


def _rows(raw: bytes) -> Iterator[Row]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadInput("The file is not UTF-8; save it as “CSV UTF-8”.") from exc
    if "\ufffd" in text or "\0" in text:
        raise BadInput("The file is not UTF-8; save it as “CSV UTF-8”.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as exc:
        raise BadInput(f"The file cannot be read from line {begins} on; is a quotation mark open?") from exc


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _columns(header: list[str]) -> list[str]:
    named = ["_".join("".join(c if c.isalnum() else " " for c in cell.lower()).split()) for cell in header]
    columns = [_ALIASES.get(name, name) for name in named]
    unknown = [cell for cell, name in zip(header, columns, strict=True) if name not in COLUMNS]
    if unknown or "email" not in columns or len(set(columns)) < len(columns):
        raise BadInput(f"The first row must name email, and any of {', '.join(COLUMNS[1:])}, each once.")
    return columns


def _wanted(line: int, columns: list[str], row: list[str]) -> Wanted:
    if any(row[len(columns) :]):
        raise ValueError("has more cells than the first row")
    cells = dict(zip(columns, row, strict=False))
    name, note = cells.get("name", ""), cells.get("note", "")
    if len(name) > _MOST_NAME or len(note) > _MOST_NOTE:
        raise ValueError(f"the name may have {_MOST_NAME} characters, the note {_MOST_NOTE}")
    minutes = _number(cells.get("extra_time_minutes", ""), "extra_time_minutes")
    percent = _number(cells.get("extra_time_percent", "").removesuffix("%"), "extra_time_percent")
    says_something = bool(note or minutes or percent)
    accommodation = Accommodation(round(minutes * 60), percent, note=note) if says_something else None
    return Wanted(("line", line), cells.get("email", ""), name, accommodation)


def _number(cell: str, column: str) -> float:
    text = cell.strip().replace(",", ".")
    try:
        number = float(text or "0")
    except ValueError as exc:
        raise ValueError(f"{column} is not a number") from exc
    if not 0 <= number <= _MOST:  # NaN, too
        raise ValueError(f"{column} is out of range")
    return number
